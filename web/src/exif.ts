/** Where and when a JPEG was taken, from its EXIF, before the picture is made smaller. */

export type Taken = { lat?: number; lon?: number; at?: string };

/** The TIFF block inside the APP1 segment, or null. */
function tiff(view: DataView): DataView | null {
  if (view.byteLength < 4 || view.getUint16(0) !== 0xffd8) return null;
  let at = 2;
  while (at + 4 < view.byteLength) {
    const marker = view.getUint16(at);
    const length = view.getUint16(at + 2);
    if (marker === 0xffe1 && view.getUint32(at + 4) === 0x45786966) {
      return new DataView(view.buffer, view.byteOffset + at + 10, Math.min(length - 8, view.byteLength - at - 10));
    }
    if ((marker & 0xff00) !== 0xff00 || marker === 0xffda) return null;
    at += 2 + length;
  }
  return null;
}

type Entry = { type: number; count: number; at: number };

function entries(block: DataView, offset: number, little: boolean): Map<number, Entry> {
  const found = new Map<number, Entry>();
  const count = block.getUint16(offset, little);
  for (let n = 0; n < count; n++) {
    const at = offset + 2 + n * 12;
    const type = block.getUint16(at + 2, little);
    const values = block.getUint32(at + 4, little);
    const size = (type === 5 ? 8 : type === 4 ? 4 : type === 3 ? 2 : 1) * values;
    found.set(block.getUint16(at, little), {
      type,
      count: values,
      at: size > 4 ? block.getUint32(at + 8, little) : at + 8,
    });
  }
  return found;
}

function letters(block: DataView, entry: Entry): string {
  let text = "";
  for (let n = 0; n < entry.count; n++) {
    const code = block.getUint8(entry.at + n);
    if (code === 0) break;
    text += String.fromCharCode(code);
  }
  return text;
}

/** Degrees, minutes, seconds as one number. */
function degrees(block: DataView, entry: Entry, little: boolean): number {
  let value = 0;
  for (let n = 0; n < Math.min(3, entry.count); n++) {
    const over = block.getUint32(entry.at + n * 8, little);
    const under = block.getUint32(entry.at + n * 8 + 4, little);
    if (under) value += over / under / 60 ** n;
  }
  return value;
}

function place(block: DataView, gps: Map<number, Entry>, little: boolean): Taken {
  const [latSide, lat, lonSide, lon] = [1, 2, 3, 4].map((tag) => gps.get(tag));
  if (!lat || !lon) return {};
  const north = latSide && letters(block, latSide).startsWith("S") ? -1 : 1;
  const east = lonSide && letters(block, lonSide).startsWith("W") ? -1 : 1;
  const found = { lat: north * degrees(block, lat, little), lon: east * degrees(block, lon, little) };
  return found.lat === 0 && found.lon === 0 ? {} : found;
}

export function taken(bytes: ArrayBuffer): Taken {
  try {
    const block = tiff(new DataView(bytes));
    if (!block) return {};
    const little = block.getUint16(0) === 0x4949;
    const first = entries(block, block.getUint32(4, little), little);
    const found: Taken = {};
    const gps = first.get(0x8825);
    if (gps) Object.assign(found, place(block, entries(block, block.getUint32(gps.at, little), little), little));
    const more = first.get(0x8769);
    const when = more && entries(block, block.getUint32(more.at, little), little).get(0x9003);
    const day = when && /^(\d{4}):(\d\d):(\d\d) (\d\d:\d\d:\d\d)/.exec(letters(block, when));
    if (day) found.at = `${day[1]}-${day[2]}-${day[3]}T${day[4]}`;
    return found;
  } catch {
    return {}; // a broken EXIF block is no reason to refuse a photo
  }
}

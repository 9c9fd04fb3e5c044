/** Photos: shown at once, made smaller on the phone, each removable; the place in them is kept. */
import { all, icon, make, one } from "./dom";
import { taken, type Taken } from "./exif";
import { t } from "./words";

const LONGEST = 1600;
const QUALITY = 0.75;
const SMALL = 600_000;
const LARGEST = 20 * 1024 * 1024;

/** The picture at most 1600 px long as JPEG 0.75, or the file itself if that gains nothing. */
async function smaller(file: File): Promise<File> {
  if (file.size <= SMALL) return file; // small ones keep their EXIF for the server
  try {
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
    const canvas = make("canvas");
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    canvas.getContext("2d")?.drawImage(picture, 0, 0, canvas.width, canvas.height);
    picture.close();
    const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
    if (!blob || blob.size >= file.size) return file;
    return new File([blob], file.name.replace(/\.\w+$/, "") + ".jpg", { type: "image/jpeg" });
  } catch {
    return file; // HEIC and the like: the server can read more than this browser
  }
}

class PhotoRow {
  private readonly files: File[] = [];
  private readonly facts: Taken[] = [];
  private readonly row = make("div", { class: "photo-row" });
  private readonly line = make("p", { class: "photo-say", role: "status" });
  private readonly max: number;
  private readonly door: HTMLElement;

  constructor(
    private readonly box: HTMLElement,
    private readonly input: HTMLInputElement,
  ) {
    this.max = Number(box.dataset.max ?? 3);
    // For the eye and the finger; keyboards and screen readers use the field itself.
    this.door = make("div", { class: "photo-add", "aria-hidden": "true" }, icon("camera"), make("span", { text: t("拍照或选照片") }));
    this.door.addEventListener("click", () => input.click());
    input.classList.add("sr");
    input.after(this.door);
    box.append(this.row, this.line);
    input.addEventListener("change", () => void this.add([...(input.files ?? [])]));
    box.addEventListener("dragover", (event) => event.preventDefault());
    box.addEventListener("drop", (event) => {
      event.preventDefault();
      void this.add([...(event.dataTransfer?.files ?? [])]);
    });
  }

  private async add(chosen: File[]): Promise<void> {
    const said: string[] = [];
    this.line.textContent = t("正在准备照片…");
    for (const file of chosen) {
      if (this.files.length >= this.max) {
        said.push(t("最多 {n} 张，多的没有加。", { n: this.max }));
        break;
      }
      if (!/^image\//.test(file.type) && !/\.(hei[cf]|jpe?g|png)$/i.test(file.name)) said.push(t("照片应是 JPG、PNG 或 HEIC"));
      else if (file.size > LARGEST) said.push(t("照片超过 20 MB，请换一张或重拍"));
      else {
        this.facts.push(taken(await file.slice(0, 262_144).arrayBuffer()));
        this.files.push(await smaller(file));
      }
    }
    this.show(said.join(" "));
  }

  private show(sentence: string): void {
    const chosen = new DataTransfer();
    for (const file of this.files) chosen.items.add(file);
    this.input.files = chosen.files;
    for (const picture of all<HTMLImageElement>("img", this.row)) URL.revokeObjectURL(picture.src);
    this.row.replaceChildren(...this.files.map((file, n) => this.thumb(file, n)));
    this.line.textContent = sentence || (this.files.length ? t("{n} / {max} 张", { n: this.files.length, max: this.max }) : "");
    this.box.classList.toggle("has-photos", this.files.length > 0);
    this.box.classList.toggle("is-full", this.files.length >= this.max);
    const word = one("span", this.door);
    if (word) word.textContent = this.files.length ? t("再加一张") : t("拍照或选照片");
    this.box.classList.toggle("has-photos", this.files.length > 0);
    this.writeFacts();
    this.box.dispatchEvent(new CustomEvent("photos-changed", { bubbles: true, detail: this.known() }));
  }

  private thumb(file: File, n: number): HTMLElement {
    const label = t("第 {n} 张照片", { n: n + 1 });
    const picture = make("img", { alt: label, width: "152", height: "114" });
    picture.src = URL.createObjectURL(file);
    const drop = make("button", { type: "button", class: "btn", id: `${this.input.id}-drop-${n}` }, icon("cross"), t("去掉"));
    drop.setAttribute("aria-label", t("去掉第 {n} 张照片", { n: n + 1 }));
    drop.addEventListener("click", () => {
      this.files.splice(n, 1);
      this.facts.splice(n, 1);
      this.show("");
      this.input.focus();
    });
    return make("div", { class: "photo-thumb" }, picture, drop);
  }

  private known(): Taken {
    return this.facts.find((fact) => fact.lat !== undefined) ?? this.facts.find((fact) => fact.at) ?? {};
  }

  /** Hidden fields for what shrinking takes away; the server reads the EXIF itself where it is still there. */
  private writeFacts(): void {
    const known = this.known();
    const values = { photo_lat: known.lat?.toFixed(6), photo_lon: known.lon?.toFixed(6), photo_taken: known.at };
    for (const [name, value] of Object.entries(values)) {
      const form = this.input.form;
      let field = form?.elements.namedItem(name) as HTMLInputElement | null;
      if (!field) {
        field = make("input", { type: "hidden", name });
        this.box.append(field);
      }
      field.value = value ?? "";
    }
  }
}

export function watchPhotos(): void {
  for (const box of all("[data-photos]:not([data-ready])")) {
    box.dataset.ready = "1";
    const input = one<HTMLInputElement>('input[type="file"]', box);
    if (input) new PhotoRow(box, input);
  }
}

/** Place of a report: address first; the phone's position and the map only help. */
import { all, icon, make, one } from "./dom";
import type { Taken } from "./exif";
import { t } from "./words";

function denied(error: GeolocationPositionError): string {
  if (error.code === error.PERMISSION_DENIED)
    return t("手机没有允许定位。可以填写街道和门牌，或在地图上点一下。");
  if (error.code === error.TIMEOUT) return t("等了 15 秒还没有定到位置。可以填写街道和门牌，或在地图上点一下。");
  return t("这里收不到定位信号。可以填写街道和门牌，或在地图上点一下。");
}

class PlaceBox {
  private readonly lat: HTMLInputElement | null;
  private readonly lon: HTMLInputElement | null;
  private readonly accuracy: HTMLInputElement | null;
  private readonly located: HTMLInputElement | null;
  private readonly line: HTMLElement | null;
  private readonly map: HTMLElement | null;
  private moved?: (lat: number, lon: number) => void;

  constructor(private readonly box: HTMLElement) {
    const field = (name: string): HTMLInputElement | null => one<HTMLInputElement>(`input[name="${name}"]`, box.closest("form") ?? box);
    this.lat = field(box.dataset.latName ?? "lat");
    this.lon = field(box.dataset.lonName ?? "lon");
    this.accuracy = field("accuracy");
    this.located = field("located");
    this.line = one("[data-place-say]", box);
    this.map = one("[data-map]", box);
    this.offer();
    document.addEventListener("photos-changed", (event) => this.fromPhoto((event as CustomEvent<Taken>).detail));
  }

  private offer(): void {
    const tools = one("[data-place-tools]", this.box);
    if (!tools) return;
    const here = make("button", { type: "button", class: "btn", id: "place-here" }, icon("pin"), t("用手机定位"));
    here.addEventListener("click", () => this.ask());
    tools.append(here);
    if (this.map) {
      const open = make("button", { type: "button", class: "btn", id: "place-map", "aria-expanded": "false" }, icon("map"), t("在地图上改"));
      open.addEventListener("click", () => void this.openMap(open));
      tools.append(open);
    }
    tools.classList.add("actions");
    tools.hidden = false;
  }

  private ask(): void {
    if (!("geolocation" in navigator)) {
      this.tell(t("这台手机不能定位。请填写街道和门牌。"));
      return;
    }
    this.tell(t("正在定位…"));
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        const metres = Math.max(1, Math.round(coords.accuracy));
        this.put(coords.latitude, coords.longitude, metres, "phone");
        this.tell(t("已定位，误差约 {n} 米。", { n: metres }));
      },
      (error) => this.tell(denied(error)),
      { enableHighAccuracy: true, timeout: 15_000, maximumAge: 60_000 },
    );
  }

  private fromPhoto(found: Taken): void {
    if (found.lat === undefined || found.lon === undefined || this.lat?.value) return;
    this.put(found.lat, found.lon, 30, "photo");
    this.tell(t("已按照片里的位置填好，请核对。"));
  }

  private async openMap(button: HTMLElement): Promise<void> {
    if (!this.map) return;
    if (!this.map.hidden) {
      this.map.hidden = true;
      button.setAttribute("aria-expanded", "false");
      return;
    }
    this.map.hidden = false;
    button.setAttribute("aria-expanded", "true");
    if (this.moved) return;
    try {
      const { pickPlace } = await import("./map");
      const data = { ...this.box.dataset, ...this.map.dataset };
      const start = this.lat?.value && this.lon?.value ? { lat: Number(this.lat.value), lon: Number(this.lon.value) } : null;
      this.moved = await pickPlace(this.map, data, start, (lat, lon) => {
        this.put(lat, lon, 10, "map");
        this.tell(t("已标在地图上。再点一下可以改。"));
      });
      this.tell(t("点一下地图标出位置。也可以用方向键移动，按回车标在正中。"));
    } catch {
      this.map.hidden = true;
      this.tell(t("地图打不开。请填写街道和门牌。"));
    }
  }

  /** A point and how it was found; what the server proposed before no longer stands. */
  private put(lat: number, lon: number, metres: number, how: "phone" | "photo" | "map"): void {
    if (this.lat) this.lat.value = lat.toFixed(6);
    if (this.lon) this.lon.value = lon.toFixed(6);
    if (this.accuracy) this.accuracy.value = String(metres);
    if (this.located) this.located.value = how;
    if (how !== "map") this.moved?.(lat, lon);
    one("[data-proposed]")?.remove();
    this.lat?.dispatchEvent(new Event("input", { bubbles: true }));
  }

  private tell(sentence: string): void {
    if (this.line) this.line.textContent = sentence;
  }
}

export function watchPlaces(): void {
  for (const box of all("[data-place]:not([data-ready])")) {
    box.dataset.ready = "1";
    new PlaceBox(box);
  }
}

/** Still maps with points load when they come near the screen. */
export function watchMaps(): void {
  const boxes = all("[data-map][data-points]:not([data-ready])");
  if (!boxes.length) return;
  const near = new IntersectionObserver((seen) => {
    for (const { isIntersecting, target } of seen) {
      if (!isIntersecting) continue;
      near.unobserve(target);
      const box = target as HTMLElement;
      import("./map")
        .then(({ showPoints }) => showPoints(box))
        .catch(() => box.replaceChildren(make("p", { class: "map-none", text: t("这里打不开地图，位置见文字和列表。") })));
    }
  });
  for (const box of boxes) {
    box.dataset.ready = "1";
    near.observe(box);
  }
}

/** The live map, loaded only when asked for: our own boundaries in greys, our symbols in colour. */
import "maplibre-gl/dist/maplibre-gl.css";
import "./css/map.css";
import {
  Map as LiveMap,
  Marker,
  NavigationControl,
  setWorkerUrl,
  type GeoJSONSource,
  type LngLatBoundsLike,
  type StyleSpecification,
} from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import { make, one, policy } from "./dom";
import { t } from "./words";

type Shapes = Parameters<GeoJSONSource["setData"]>[0];
type Point = { id: string | number; lat: number; lon: number; light?: string; title: string; url?: string };
const NOTHING: Shapes = { type: "FeatureCollection", features: [] };

const worker = new URL(workerUrl, import.meta.url).href;
// MapLibre hands its worker's address over as a string: the only one this page lets through.
policy("default", { createScriptURL: (address: string) => (address === worker ? address : null) });
setWorkerUrl(worker);

/** The colour a token has now, light or dark. */
function colour(token: string): string {
  const probe = make("span");
  document.body.append(probe);
  probe.style.color = `var(${token})`;
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}

function style(): StyleSpecification {
  return {
    version: 8,
    sources: { cells: { type: "geojson", data: NOTHING } },
    layers: [
      { id: "ground", type: "background", paint: { "background-color": colour("--c-sunken") } },
      { id: "cells", type: "fill", source: "cells", paint: { "fill-color": colour("--c-surface"), "fill-opacity": 0.85 } },
      {
        id: "edges",
        type: "line",
        source: "cells",
        paint: {
          "line-color": colour("--c-control"),
          "line-width": ["interpolate", ["linear"], ["zoom"], 8, 0.3, 13, 0.8, 17, 1.6],
        },
      },
      {
        id: "names",
        type: "symbol",
        source: "cells",
        minzoom: 11,
        layout: { "text-field": ["coalesce", ["get", "name"], ""], "text-size": 12, "text-padding": 6 },
        paint: { "text-color": colour("--c-text-3"), "text-halo-color": colour("--c-surface"), "text-halo-width": 1.2 },
      },
    ],
  };
}

function locale(title: string): Record<string, string> {
  return {
    "Map.Title": title,
    "Marker.Title": t("标出的位置"),
    "NavigationControl.ZoomIn": t("放大"),
    "NavigationControl.ZoomOut": t("缩小"),
    "NavigationControl.ResetBearing": t("转回正北"),
    "Popup.Close": t("关闭"),
    "GeolocateControl.FindMyLocation": t("用手机定位"),
    "GeolocateControl.LocationNotAvailable": t("这台手机不能定位"),
    "CooperativeGesturesHandler.WindowsHelpText": t("按住 Ctrl 再滚动可缩放地图"),
    "CooperativeGesturesHandler.MacHelpText": t("按住 ⌘ 再滚动可缩放地图"),
    "CooperativeGesturesHandler.MobileHelpText": t("用两个手指移动地图"),
  };
}

function centre(data: DOMStringMap): [number, number] {
  const [lon, lat] = (data.center ?? "").split(",").map(Number);
  return Number.isFinite(lon) && Number.isFinite(lat) && lon !== undefined && lat !== undefined ? [lon, lat] : [114.35, 34.8];
}

async function open(box: HTMLElement, data: DOMStringMap, title: string, at: [number, number] | null): Promise<LiveMap> {
  const map = new LiveMap({
    container: box,
    style: style(),
    center: at ?? centre(data),
    zoom: Number(data.zoom ?? 13) + (at ? 2 : 0),
    minZoom: 5,
    maxZoom: 19,
    attributionControl: false,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    fadeDuration: 0,
    locale: locale(title),
  });
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.addControl(new NavigationControl({ showCompass: false }), "top-right");
  await new Promise<void>((done) => map.once("load", () => done()));
  watchCells(map, data.cellsUrl);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    map.setPaintProperty("ground", "background-color", colour("--c-sunken"));
    map.setPaintProperty("cells", "fill-color", colour("--c-surface"));
    map.setPaintProperty("names", "text-halo-color", colour("--c-surface"));
  });
  return map;
}

/** Fetches the boundaries around what is seen; without an address the map stays plain. */
function watchCells(map: LiveMap, address: string | undefined): void {
  if (!address) return;
  let asked = "";
  const load = async (): Promise<void> => {
    const seen = map.getBounds();
    const bbox = [seen.getWest(), seen.getSouth(), seen.getEast(), seen.getNorth()].map((n) => n.toFixed(5)).join(",");
    if (bbox === asked) return;
    asked = bbox;
    const answer = await fetch(`${address}${address.includes("?") ? "&" : "?"}bbox=${bbox}`).catch(() => null);
    if (!answer?.ok || bbox !== asked) return;
    (map.getSource("cells") as GeoJSONSource | undefined)?.setData((await answer.json()) as Shapes);
  };
  map.on("moveend", () => void load());
  void load();
}

function pin(): HTMLElement {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 32 40");
  svg.setAttribute("class", "map-pin");
  const drop = document.createElementNS(space, "path");
  drop.setAttribute("d", "M16 39C12 31 3 24 3 14a13 13 0 0 1 26 0c0 10-9 17-13 25Z");
  const hole = document.createElementNS(space, "circle");
  hole.setAttribute("cx", "16");
  hole.setAttribute("cy", "14");
  hole.setAttribute("r", "5");
  svg.append(drop, hole);
  return make("div", { class: "map-pin-box" }, svg);
}

/** A map to put one pin on: by tapping, by dragging, or by arrow keys and Enter. */
export async function pickPlace(
  box: HTMLElement,
  data: DOMStringMap,
  start: { lat: number; lon: number } | null,
  chosen: (lat: number, lon: number) => void,
): Promise<(lat: number, lon: number) => void> {
  const title = t("地图：点一下标出问题位置，同样可以填写地址");
  const map = await open(box, data, title, start && [start.lon, start.lat]);
  const marker = new Marker({ element: pin(), anchor: "bottom", draggable: true });
  const put = (lat: number, lon: number): void => {
    marker.setLngLat([lon, lat]).addTo(map);
  };
  if (start) put(start.lat, start.lon);
  const choose = (lat: number, lon: number): void => {
    put(lat, lon);
    map.easeTo({ center: [lon, lat], duration: 0 });
    chosen(lat, lon);
  };
  map.on("click", ({ lngLat }) => choose(lngLat.lat, lngLat.lng));
  marker.on("dragend", () => {
    const { lat, lng } = marker.getLngLat();
    chosen(lat, lng);
  });
  map.getCanvas().addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    const middle = map.getCenter();
    choose(middle.lat, middle.lng);
  });
  return (lat, lon) => {
    put(lat, lon);
    map.easeTo({ center: [lon, lat], zoom: Math.max(map.getZoom(), 15), duration: 0 });
  };
}

function symbol(point: Point): HTMLElement {
  const space = "http://www.w3.org/2000/svg";
  const light = point.light ?? "info";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("class", `mark mark-${light}`);
  svg.setAttribute("aria-hidden", "true");
  for (const child of document.getElementById(`m-${light}`)?.children ?? []) svg.append(child.cloneNode(true));
  const button = make("button", { type: "button", class: "map-point", "aria-label": point.title, title: point.title }, svg);
  button.addEventListener("click", (event) => {
    event.stopPropagation();
    if (point.url) location.assign(point.url);
  });
  return button;
}

/** A map of the points written in the page; the same list stands beside it as text. */
export async function showPoints(box: HTMLElement): Promise<void> {
  const source = document.getElementById(box.dataset.points ?? "");
  const points = JSON.parse(source?.textContent ?? "[]") as Point[];
  const title = box.getAttribute("aria-label") ?? t("地图，同内容见旁边列表");
  const first = points[0];
  const map = await open(box, box.dataset, title, points.length === 1 && first ? [first.lon, first.lat] : null);
  one(".map-wait", box)?.remove();
  for (const point of points.slice(0, 300)) {
    const element = points.length === 1 && !point.url ? pin() : symbol(point);
    const anchor = element.classList.contains("map-pin-box") ? "bottom" : "center";
    new Marker({ element, anchor }).setLngLat([point.lon, point.lat]).addTo(map);
  }
  if (points.length > 1) {
    const lons = points.map((point) => point.lon);
    const lats = points.map((point) => point.lat);
    const around: LngLatBoundsLike = [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)];
    map.fitBounds(around, { padding: 40, maxZoom: 16, duration: 0 });
  }
}

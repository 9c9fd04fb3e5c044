/** Residents' pages: everything here only helps; each page works without it. */
import "./css/portal.css";
import { watchForms } from "./forms";
import { keepDrafts } from "./keep";
import { tickLights } from "./lights";
import { watchPhotos } from "./photos";
import { watchMaps, watchPlaces } from "./place";
import { offerSpeech } from "./speak";

document.documentElement.classList.add("js");
watchPhotos();
watchPlaces();
keepDrafts();
watchForms();
watchMaps();
offerSpeech();
tickLights();

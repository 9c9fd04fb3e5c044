import { defineConfig } from "vite";

// Two entries with fixed names; what they load later carries a hash of its content.
// Addresses inside are relative, so the folder may be served from anywhere.
export default defineConfig({
  base: "./",
  publicDir: false,
  worker: { format: "es", rolldownOptions: { output: { entryFileNames: "parts/[name]-[hash].js" } } },
  build: {
    outDir: "dist", // publish.mjs takes it to where it is served
    emptyOutDir: true,
    target: ["chrome105", "safari16", "firefox110"],
    cssTarget: ["chrome105", "safari16", "firefox110"],
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1200,
    rolldownOptions: {
      input: { portal: "src/portal.ts", desk: "src/desk.ts" },
      output: {
        entryFileNames: "[name].js",
        chunkFileNames: "parts/[name]-[hash].js",
        assetFileNames: (file) =>
          ["portal.css", "desk.css"].includes(file.names[0] ?? "") ? "[name][extname]" : "parts/[name]-[hash][extname]",
      },
    },
  },
});

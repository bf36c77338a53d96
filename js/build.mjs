// Build every entry into one self-contained ES module each.
//
//   node build.mjs [FOLDER]     into FOLDER, by default ../fastdup_nb/widget/static
//   node build.mjs --watch      again at every change
//
// The output depends on the sources and on package-lock.json only: not on the version of Node, the machine or the time.

import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const arguments_ = process.argv.slice(2);
const watch = arguments_.includes("--watch");
const folder = resolve(arguments_.find((word) => !word.startsWith("--")) ?? join(here, "../fastdup_nb/widget/static"));

// Built are src/explorer.ts and src/plot.ts; add a name here for a further widget.
const entries = ["explorer", "plot"].filter((name) => existsSync(join(here, "src", `${name}.ts`)));

const options = {
  absWorkingDir: here,
  entryPoints: entries.map((name) => `src/${name}.ts`),
  outdir: folder,
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: true,
  charset: "utf8",
  legalComments: "none",
  // A style sheet is a text: it goes into the widget's own shadow root, not into the page.
  loader: { ".css": "text" },
  plugins: [
    {
      name: "minified-style",
      setup(build) {
        build.onLoad({ filter: /\.css$/ }, async ({ path }) => {
          const { outputFiles } = await esbuild.build({ entryPoints: [path], minify: true, write: false, target: "chrome125", charset: "utf8" });
          return { contents: outputFiles[0].text.trim(), loader: "text" };
        });
      },
    },
  ],
  logLevel: "warning",
};

if (watch) {
  const context = await esbuild.context(options);
  await context.watch();
} else {
  await esbuild.build(options);
}

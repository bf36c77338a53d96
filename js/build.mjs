// Build every entry into one self-contained ES module each.
//
//   node build.mjs [FOLDER]     into FOLDER, by default ../fastdup_nb/widget/static
//   node build.mjs --watch      again at every change
//
// The output depends on the sources and on package-lock.json only: not on the version of Node, the machine or the time.

import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";
import { SHORTENED } from "./shortened.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const words = process.argv.slice(2);
const watch = words.includes("--watch");
const folder = resolve(words.find((word) => !word.startsWith("--")) ?? join(here, "../fastdup_nb/widget/static"));

// Built is src/NAME.ts of each; a further widget is a further name. What is said of it goes to esbuild.
const entries = {
  explorer: { mangleProps: new RegExp(`^(${SHORTENED.join("|")})$`) },
  plot: {},
};

// A style sheet is a text: it goes into the widget's own shadow root, not into the page.
const minifiedStyle = {
  name: "minified-style",
  setup(build) {
    build.onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const { outputFiles } = await esbuild.build({ entryPoints: [path], minify: true, write: false, target: "chrome125", charset: "utf8" });
      return { contents: outputFiles[0].text.trim(), loader: "text" };
    });
  },
};

for (const [name, own] of Object.entries(entries)) {
  const options = {
    absWorkingDir: here,
    entryPoints: [`src/${name}.ts`],
    outdir: folder,
    bundle: true,
    format: "esm",
    target: "es2022",
    minify: true,
    charset: "utf8",
    legalComments: "none",
    plugins: [minifiedStyle],
    logLevel: "warning",
    ...own,
  };
  if (watch) await (await esbuild.context(options)).watch();
  else await esbuild.build(options);
}

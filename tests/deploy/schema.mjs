// schema.mjs DOCUMENTS MODULES: checks the Kubernetes manifests in the JSON list DOCUMENTS with the packages that
// scripts/check-deploy.sh has installed in MODULES. Two checks, because neither does all:
//   - the schema of kubernetes-models, by its own validators: types, required fields, enums, patterns; but it lets
//     unknown fields pass
//   - the types of kubernetes-types (of the Kubernetes version in its number) and of kubernetes-models, by the
//     TypeScript compiler: it refuses unknown fields of a literal
// Afterwards each document gets faults put in, which one of them must refuse. Prints a line for each fault.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [file, modules] = process.argv.slice(2);
const ts = createRequire(join(modules, "x.js"))("typescript");

// Where a kind is: the module with its validator and type, and the one of kubernetes-types, if any.
function home({ apiVersion, kind }) {
  const [group, version] = apiVersion.includes("/") ? apiVersion.split("/") : ["", apiVersion];
  if (group === "keda.sh") return { models: `@kubernetes-models/keda/${apiVersion}/${kind}` };
  return { models: `kubernetes-models/${apiVersion}/${kind}`,
           types: `kubernetes-types/${group.split(".")[0] || "core"}/${version}` };
}

async function by_schema(document) {
  const path = join(modules, "node_modules", home(document).models + ".js");
  const { [document.kind]: Model } = await import(pathToFileURL(path));
  try {
    new Model(document).validate();
    return [];
  } catch (error) {
    return [`schema: ${error.message}`];
  }
}

// All documents at once, because the compiler takes seconds to start. Returns a list of faults for each.
function by_types(documents) {
  let text = "";
  const ends = documents.map((document, i) => {
    const { models, types } = home(document), literal = JSON.stringify(document);
    text += `import type { I${document.kind} as A${i} } from "${models}";\nexport const a${i}: A${i} = ${literal};\n`;
    if (types)
      text += `import type { ${document.kind} as B${i} } from "${types}";\nexport const b${i}: B${i} = ${literal};\n`;
    return text.length;
  });
  const name = join(modules, "documents.ts"), faults = documents.map(() => []);
  writeFileSync(name, text);
  const program = ts.createProgram([name], {
    noEmit: true, strict: true, skipLibCheck: true, types: [], target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler });
  for (const found of ts.getPreEmitDiagnostics(program)) {
    const message = ts.flattenDiagnosticMessageText(found.messageText, " ");
    if (found.file?.fileName !== name) throw new Error(message);
    // A module that is not there would make a type that allows everything.
    if (/Cannot find module|has no exported member/.test(message)) throw new Error(message);
    faults[ends.findIndex((end) => found.start < end)].push(`types: ${message}`);
  }
  return faults;
}

// [what, document]: faults that an API server would refuse with strict validation.
function with_faults(document) {
  const out = [];
  const put_in = (what, change) => {
    const changed = structuredClone(document);
    if (change(changed) !== false) out.push([`${document.kind}: ${what}`, changed]);
  };
  put_in("a misspelled field at the top", (d) => { d.metdata = d.metadata; });
  put_in("a misspelled field in metadata", (d) => { d.metadata.nmae = "x"; });
  put_in("a number for a name", (d) => { d.metadata.name = 5; });
  put_in("a misspelled field in spec", (d) => d.spec ? void (d.spec.replica = 1) : false);
  put_in("a number for a value", (d) => d.data ? void (d.data.SESSION = 5) : false);
  put_in("a boolean for a value", (d) => d.stringData ? void (d.stringData.PIPEBENCH_REDIS = true) : false);
  switch (document.kind) {
  case "Deployment":
    put_in("replicas as a word", (d) => { d.spec.replicas = "fifteen"; });
    put_in("no selector", (d) => { delete d.spec.selector; });
    put_in("a misspelled grace", ({ spec: { template: { spec } } }) => { spec.terminationGracePeriod = 90; });
    put_in("an unknown strategy", (d) => { d.spec.strategy.type = "Recreat"; });
    break;
  case "Job":
    put_in("no template", (d) => { delete d.spec.template; });
    put_in("a container without a name", (d) => { delete d.spec.template.spec.containers[0].name; });
    put_in("a misspelled field of a container", (d) => { d.spec.template.spec.containers[0].arg = []; });
    put_in("args as a word", (d) => { d.spec.template.spec.containers[0].args = "run"; });
    break;
  case "NetworkPolicy":
    put_in("a misspelled field of a rule", (d) => { d.spec.egress[0].form = []; });
    put_in("an unknown protocol", (d) => { d.spec.egress[0].ports[0].protocol = 17; });
    break;
  case "ScaledObject":
    put_in("no triggers", (d) => { delete d.spec.triggers; });
    put_in("a number for a count", (d) => { d.spec.triggers[0].metadata.lagCount = 10; });
    put_in("a word for a number", (d) => { d.spec.minReplicaCount = "one"; });
    break;
  case "TriggerAuthentication":
    put_in("a reference without a key", (d) => { delete d.spec.secretTargetRef[0].key; });
  }
  return out;
}

const documents = JSON.parse(readFileSync(file, "utf8"));
const faulty = documents.flatMap(with_faults);
const types = by_types([...documents, ...faulty.map(([, document]) => document)]);
let bad = 0;
for (const [i, document] of documents.entries()) {
  const faults = [...await by_schema(document), ...types[i]];
  for (const fault of faults) console.log(`${document.kind} ${document.metadata.name}: ${fault}`);
  bad += faults.length;
}
for (const [i, [what, document]] of faulty.entries()) {
  if ((await by_schema(document)).length || types[documents.length + i].length) continue;
  console.log(`not refused, though put in: ${what}`);
  ++bad;
}
if (!bad) console.log(`schema: ${documents.length} documents are right; all of ${faulty.length} with a fault were refused`);
process.exit(bad ? 1 : 0);

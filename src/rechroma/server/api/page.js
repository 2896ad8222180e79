// @ts-check
// Draws /openapi.json as a page: routes by tag, what they take, what they answer, a command to try.

const make = (name, text = "", className = "") => {
  const element = document.createElement(name);
  element.textContent = text;
  if (className) element.className = className;
  return element;
};

const inside = (parent, ...children) => { parent.append(...children); return parent; };

const resolved = (schema, all) => {
  if (!schema?.$ref) return schema ?? {};
  return all[schema.$ref.split("/").pop()];
};

const kind = (schema, all) => {
  if (schema.$ref) return schema.$ref.split("/").pop();
  if (schema.anyOf) return schema.anyOf.map((each) => kind(each, all)).filter((each) => each !== "null").join(" or ");
  if (schema.enum) return schema.enum.map((each) => JSON.stringify(each)).join(" | ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.type === "array") return `list of ${kind(schema.items ?? schema.prefixItems?.[0] ?? {}, all)}`;
  if (schema.contentMediaType || schema.format === "binary") return "file";
  const range = [schema.minimum ?? schema.exclusiveMinimum, schema.maximum ?? schema.exclusiveMaximum];
  const from = schema.exclusiveMinimum !== undefined ? "above " : "";
  return range.every((each) => each === undefined)
    ? schema.type ?? "anything"
    : `${schema.type}, ${from}${range[0] ?? ""} to ${range[1] ?? ""}`;
};

const row = (name, schema, needed, words, all) => {
  const facts = [kind(schema, all)];
  if (needed) facts.push("needed");
  else if (schema.default !== undefined && schema.default !== null) facts.push(`else ${JSON.stringify(schema.default)}`);
  const says = words ?? schema.description ?? "";
  return inside(make("tr"), inside(make("td"), make("code", name)), make("td", `${facts.join(", ")}. ${says}`));
};

const fields = (schema, all) => {
  const { properties = {}, required = [] } = resolved(schema, all);
  return Object.entries(properties).map(([name, each]) => row(name, each, required.includes(name), undefined, all));
};

const command = (method, path, body) => {
  const words = ["curl"];
  if (method !== "get" && method !== "post") words.push("-X", method.toUpperCase());
  if (body === "multipart/form-data") words.push(path === "/api/jobs" ? "-F pictures=@photo.jpg" : "-F picture=@photo.jpg");
  if (body === "application/json") words.push("-H 'Content-Type: application/json' -d '{}'");
  return [...words, `${location.origin}${path}`].join(" ");
};

const route = (path, method, facts, all) => {
  const details = make("details");
  details.append(inside(make("summary"), make("span", method.toUpperCase(), `method ${method}`),
    make("code", path), make("span", facts.description ?? facts.summary, "words")));
  const section = (title, rows) => {
    if (rows.length) details.append(make("h3", title), inside(make("table"), inside(make("tbody"), ...rows)));
  };
  section("In the address", (facts.parameters ?? []).map((each) =>
    row(each.name, each.schema, each.required, each.description, all)));
  const [body, content] = Object.entries(facts.requestBody?.content ?? {})[0] ?? [];
  if (content) section(`Body, ${body}`, fields(content.schema, all));
  section("Answers", Object.entries(facts.responses).map(([status, answer]) => {
    const kinds = Object.entries(answer.content ?? {}).map(([type, each]) =>
      type === "application/json" ? `JSON: ${kind(each.schema, all)}` : type);
    return inside(make("tr"), inside(make("td"), make("code", status)),
      make("td", `${answer.description}${kinds.length ? ` (${kinds.join(", ")})` : ""}`));
  }));
  details.append(make("h3", "On the command line"), make("pre", command(method, path, body)));
  return details;
};

const schemas = (all) => Object.entries(all).sort(([a], [b]) => a.localeCompare(b)).map(([name, schema]) => {
  const details = make("details");
  details.append(inside(make("summary"), make("code", name), make("span", schema.description ?? "", "words")),
    inside(make("table"), inside(make("tbody"), ...fields(schema, all))));
  return details;
});

export {};

const description = await (await fetch("/openapi.json")).json();
const all = description.components?.schemas ?? {};
document.querySelector("#about").textContent = description.info.description;
const routes = document.querySelector("#routes");
routes.replaceChildren();
const byTag = new Map();
for (const [path, methods] of Object.entries(description.paths))
  for (const [method, facts] of Object.entries(methods)) {
    const tag = facts.tags?.[0] ?? "more";
    if (!byTag.has(tag)) byTag.set(tag, []);
    byTag.get(tag).push(route(path, method, facts, all));
  }
for (const [tag, found] of byTag) routes.append(make("h2", tag), ...found);
routes.append(make("h2", "schemas"), ...schemas(all));

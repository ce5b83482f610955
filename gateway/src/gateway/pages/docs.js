"use strict";
// Renders /openapi.json without any library, so that it works where no other host can be reached.

const METHODS = ["get", "post", "patch", "put", "delete"];

function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function resolve(openapi, value) {
  if (!value.$ref) return value;
  return value.$ref.slice(2).split("/").reduce((found, key) => found[key], openapi);
}

function typeOf(schema) {
  if (schema.$ref) return schema.$ref.split("/").pop();
  if (schema.anyOf) return typeOf(schema.anyOf[1]);
  if (schema.type === "array") return `list of ${typeOf(schema.items)}`;
  if (schema.additionalProperties) return `map of ${typeOf(schema.additionalProperties)}`;
  return schema.format || schema.type || "";
}

function limitsOf(schema) {
  const names = ["minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems", "pattern", "enum"];
  return names.filter((name) => name in schema).map((name) => `${name}: ${schema[name]}`).join("\n");
}

function row(name, schema, required) {
  const limits = limitsOf(schema.anyOf ? schema.anyOf[1] : schema);
  const words = [schema.description, limits].filter(Boolean).join("\n");
  return element("tr", {},
    element("td", {}, element("code", {}, name), required ? " *" : ""),
    element("td", {}, typeOf(schema)),
    element("td", { class: "text" }, words));
}

function referenced(schema) {
  const inner = [schema, schema.items, schema.additionalProperties].filter(Boolean);
  return inner.map((found) => found.$ref).find(Boolean);
}

function schemaView(openapi, schema, seen = []) {
  const found = resolve(openapi, schema);
  const view = element("div", {}, element("p", { class: "text" }, found.description || ""));
  if (!found.properties) return view;
  const table = element("table", {});
  const below = [];
  for (const [name, property] of Object.entries(found.properties)) {
    table.append(row(name, property, (found.required || []).includes(name)));
    const reference = referenced(property);
    if (reference && !seen.includes(reference)) below.push(reference);
  }
  view.append(table);
  for (const reference of new Set(below)) {
    const details = element("details", {}, element("summary", {}, reference.split("/").pop()));
    details.append(schemaView(openapi, { $ref: reference }, [...seen, reference]));
    view.append(details);
  }
  return view;
}

function parametersView(openapi, parameters) {
  const table = element("table", {});
  for (const parameter of parameters.map((found) => resolve(openapi, found))) {
    const schema = { ...parameter.schema, description: parameter.description || parameter.schema.description };
    table.append(row(`${parameter.name} (${parameter.in})`, schema, parameter.required));
  }
  return element("details", { open: "" }, element("summary", {}, "Parameters"), table);
}

function bodyView(openapi, title, content) {
  const schema = Object.values(content || {})[0]?.schema;
  if (!schema) return "";
  return element("details", {}, element("summary", {}, title), schemaView(openapi, schema));
}

function operationView(openapi, path, method, operation) {
  const view = element("article", { id: operation.operationId || path },
    element("h3", {}, operation.summary),
    element("p", { class: "path" }, element("span", { class: "method" }, method), path),
    element("p", { class: "text" }, operation.description || ""));
  if (operation.parameters?.length) view.append(parametersView(openapi, operation.parameters));
  view.append(bodyView(openapi, "Body", operation.requestBody?.content));
  view.append(bodyView(openapi, "Answer", operation.responses["200"]?.content));
  return view;
}

function operationsOf(openapi) {
  return Object.entries(openapi.paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method]).map((method) => ({ path, method, operation: item[method] })));
}

function render(openapi) {
  const reference = document.getElementById("reference");
  const contents = document.getElementById("contents");
  reference.replaceChildren(
    element("h1", {}, `${openapi.info.title} ${openapi.info.version}`),
    element("p", { class: "text" }, openapi.info.description));
  const operations = operationsOf(openapi);
  for (const tag of openapi.tags) {
    reference.append(element("h2", {}, tag.name), element("p", { class: "text" }, tag.description));
    contents.append(element("h2", {}, tag.name));
    for (const { path, method, operation } of operations.filter((found) => found.operation.tags[0] === tag.name)) {
      const view = operationView(openapi, path, method, operation);
      const link = element("a", { href: `#${view.id}` }, `${method.toUpperCase()} ${path}`);
      reference.append(view);
      contents.append(link);
      filtered.push({ words: `${path} ${operation.summary}`.toLowerCase(), parts: [view, link] });
    }
  }
  if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
}

const filtered = [];

document.getElementById("filter").addEventListener("input", (event) => {
  const wanted = event.target.value.toLowerCase();
  for (const { words, parts } of filtered) {
    for (const part of parts) part.hidden = !words.includes(wanted);
  }
});

fetch("/openapi.json").then((answer) => answer.json()).then(render);

"""The style sheet of an inspection's page: light and dark, wide and narrow."""

STYLE = """
:root { color-scheme: light dark; --paper: #fff; --ink: #1d2125; --soft: #626b74;
  --rule: #e2e5e9; --panel: #f6f7f9; --found: #c8321f; --watched: #e0a02c;
  --other: #a9b3bd; --calm: #21794a; --curve: #2f6fb5; }
@media (prefers-color-scheme: dark) { :root { --paper: #15181b; --ink: #e4e7ea;
  --soft: #9aa4ae; --rule: #2e343a; --panel: #1d2125; --found: #f0705c;
  --watched: #d9a441; --other: #5d6873; --calm: #63c08d; --curve: #74aee8; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 54rem;
  background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
header { border-left: 6px solid var(--calm); padding: .1rem 0 .1rem 1.1rem; }
header.found { border-color: var(--found); }
header.unsure { border-color: var(--watched); }
header.unsure h1 { color: var(--watched); }
header.open { border-color: var(--curve); }
header.open h1 { color: var(--curve); }
.eyebrow { margin: 0; color: var(--soft); overflow-wrap: anywhere; }
h1 { margin: .1rem 0 .5rem; font-size: 1.9rem; line-height: 1.2; color: var(--calm); }
header.found h1 { color: var(--found); }
h2 { margin: 2.6rem 0 .4rem; font-size: 1.25rem; }
h3 { margin: 1.6rem 0 .4rem; font-size: 1rem; }
p { margin: .4rem 0 .8rem; max-width: 44rem; }
.soft, figcaption { color: var(--soft); font-size: .9rem; }
.caution { border-left: 6px solid var(--watched); padding-left: 1.1rem; }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(9.5rem, 1fr));
  gap: .7rem; margin: 1.6rem 0 .6rem; }
dl div { background: var(--panel); border-radius: .5rem; padding: .6rem .8rem; }
dt { color: var(--soft); font-size: .8rem; }
dd { margin: 0; font-size: 1.15rem; font-variant-numeric: tabular-nums; }
figure { margin: 1rem 0; }
svg { display: block; width: 100%; max-width: 34rem; height: auto; }
svg text { font: 11px system-ui, sans-serif; fill: var(--ink); }
svg .value { fill: var(--soft); paint-order: stroke; stroke: var(--paper);
  stroke-width: 4px; stroke-linejoin: round; }
svg .limit-text { fill: var(--soft); }
.bar.found { fill: var(--found); } .bar.watched { fill: var(--watched); }
.bar.other { fill: var(--other); }
.limit { stroke: var(--ink); stroke-dasharray: 4 3; fill: none; }
.grid { stroke: var(--rule); fill: none; } .axis { stroke: var(--soft); fill: none; }
.curve { stroke: var(--curve); stroke-width: 2.2; stroke-linejoin: round; fill: none; }
.point { fill: var(--found); }
.key span { margin-right: 1.1rem; white-space: nowrap; }
.key i { display: inline-block; width: .8em; height: .8em; border-radius: 2px;
  margin-right: .4em; }
i.found { background: var(--found); } i.watched { background: var(--watched); }
i.other { background: var(--other); }
pre { background: var(--panel); border-radius: .4rem; padding: .5rem .7rem; margin: .3rem 0;
  max-width: 44rem; white-space: pre-wrap; overflow-wrap: anywhere; font-size: .85rem; }
.steps { padding-left: 1.3rem; }
.wide { overflow-x: auto; margin: 1rem 0; }
table { border-collapse: collapse; width: 100%; font-size: .85rem; white-space: nowrap;
  font-variant-numeric: tabular-nums; }
th, td { padding: .28rem .45rem; text-align: right; border-bottom: 1px solid var(--rule); }
th { color: var(--soft); font-weight: 500; white-space: normal; vertical-align: bottom; }
td:nth-child(2), th:nth-child(2), td:last-child, th:last-child { text-align: left; }
td:last-child { white-space: normal; min-width: 11rem; }
td:first-child { font-weight: 600; min-width: 6rem; white-space: normal;
  overflow-wrap: anywhere; }
td:first-child, th:first-child { text-align: left; padding-left: 0; }
tr.found td:first-child, tr.found td:nth-child(2) { color: var(--found); }
img { display: block; max-width: 100%; height: auto; margin-bottom: .5rem; }
figcaption { max-width: 44rem; }
.row { display: flex; flex-wrap: wrap; gap: .9rem; margin: .8rem 0; }
.row figure { margin: 0; width: 12rem; flex: 0 1 12rem; min-width: 9rem; }
.row img { width: 100%; image-rendering: pixelated; border-radius: .3rem; }
.overview { display: flex; flex-wrap: wrap; gap: .4rem; margin: 1.2rem 0; }
.overview a { width: 3.4rem; border-bottom: 4px solid var(--calm); }
.overview a.found { border-color: var(--found); }
.overview img { width: 100%; margin: 0; image-rendering: pixelated; }
section { border-top: 1px solid var(--rule); margin-top: 2rem; }
section h2 { margin-top: 1.2rem; font-size: 1.05rem; overflow-wrap: anywhere; }
footer { margin-top: 3rem; border-top: 1px solid var(--rule); padding-top: .8rem; }
details { margin: .8rem 0; max-width: 44rem; }
summary { cursor: pointer; color: var(--soft); font-size: .9rem; }
details ul { margin: .4rem 0; padding-left: 1.3rem; }
details li { margin: .2rem 0; }
@media (max-width: 52rem) {
  thead { display: none; } table, tbody { display: block; }
  tr { display: grid; grid-template-columns: 1fr auto; padding: .5rem 0;
    border-bottom: 1px solid var(--rule); }
  td, td:last-child { display: block; border: 0; padding: .1rem 0; text-align: left;
    white-space: normal; min-width: 0; }
  td:nth-child(n+3) { grid-column: 1 / -1; }
  td[data-name]::before { content: attr(data-name) ": "; color: var(--soft); } }
@media (max-width: 40rem) { body { padding: 1.2rem .9rem 3rem; }
  h1 { font-size: 1.5rem; }
  .row figure { flex: 1 1 9rem; max-width: calc(50% - .45rem); } }
"""

"""How the page looks: on light and dark screens, wide and narrow ones, and on paper."""

from gradus.report.palette import COLORS


def _variables(place: int) -> str:
    """Declare all colors of one version."""
    return "".join(f"--{name}:{pair[place]};" for name, pair in COLORS.items())


_LIGHT, _DARK = _variables(0), _variables(1)

STYLE = (
    f"""
:root {{ color-scheme: light dark; {_LIGHT} }}
@media (prefers-color-scheme: dark) {{ :root {{ {_DARK} }} }}
"""
    """
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans",
  sans-serif; font-variant-numeric: tabular-nums; overflow-wrap: break-word; }
main, header, footer, nav { max-width: 1000px; margin: 0 auto; padding: 0 20px; }
header { padding-top: 32px; }
h1 { font-size: 28px; line-height: 1.2; margin: 0 0 4px; font-weight: 650; }
h2 { font-size: 19px; line-height: 1.3; margin: 0 0 8px; font-weight: 650; }
h3 { font-size: 15px; margin: 20px 0 6px; font-weight: 650; }
p, ul, ol { margin: 0 0 10px; max-width: 72ch; }
ul, ol { padding-left: 20px; }
li { margin-bottom: 3px; }
.about { color: var(--ink2); }
.lead { font-size: 17px; line-height: 1.5; }
.quiet, footer { color: var(--ink3); font-size: 13px; }
nav { padding-top: 8px; padding-bottom: 8px; font-size: 13px; }
nav ul { display: flex; flex-wrap: wrap; gap: 2px 16px; list-style: none; padding: 0; margin: 0;
  max-width: none; }
nav li { margin: 0; }
a { color: var(--select); text-underline-offset: 2px; }
a:focus-visible, .scroll:focus-visible, .drawing:focus-visible {
  outline: 2px solid var(--select); outline-offset: 2px; }
section { background: var(--panel); border: 1px solid var(--line); border-radius: 12px;
  padding: 18px 20px 14px; margin: 12px 0; }
.cards { display: flex; flex-wrap: wrap; gap: 8px 36px; margin: 8px 0 14px; }
.cards dt { color: var(--ink3); font-size: 13px; line-height: 1.4; }
.cards dd { margin: 0; font-size: 26px; line-height: 1.2; font-weight: 600; }
figure { margin: 0 0 14px; break-inside: avoid; }
.figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 340px), 1fr));
  gap: 6px 24px; align-items: start; margin-top: 8px; }
.drawing { overflow-x: auto; }
.drawing svg { display: block; width: 100%; max-width: calc(var(--width) * 1.25); height: auto;
  font-family: inherit; }
.drawing svg * { stroke-linejoin: round; }
.wide .drawing svg { min-width: 560px; max-width: none; }
figcaption { color: var(--ink2); font-size: 13px; line-height: 1.45; margin-top: 4px;
  max-width: 72ch; }
.scroll { overflow-x: auto; margin: 8px 0 12px; }
table { border-collapse: collapse; font-size: 13.5px; line-height: 1.4; }
caption { text-align: left; color: var(--ink2); font-size: 13px; padding-bottom: 4px; }
/* A caption stays in sight and as wide as the screen while its table is scrolled. */
caption span { position: sticky; left: 0; display: inline-block; max-width: min(70ch, 80vw); }
th, td { text-align: left; font-weight: 400; padding: 4px 14px 4px 0; vertical-align: top;
  border-bottom: 1px solid var(--line); max-width: 44ch; }
thead th { color: var(--ink3); font-size: 12.5px; white-space: nowrap; vertical-align: bottom; }
th.number, td.number { text-align: right; white-space: nowrap; }
tr.marked > * { font-weight: 650; }
tbody th { white-space: nowrap; }
#table tbody th { white-space: normal; overflow-wrap: anywhere; min-width: 12ch; }
#table td:nth-child(3) { white-space: nowrap; }
#table td:last-child { min-width: 28ch; max-width: 66ch; }
.findings { list-style: none; padding: 0; max-width: none; }
.findings h3 { margin-top: 0; }
.findings > li { border-left: 3px solid var(--warn); padding: 2px 0 2px 12px; margin: 0 0 12px; }
.warnings > li::marker { content: "⚠ "; color: var(--warn); }
footer { padding-top: 4px; padding-bottom: 32px; }
@media (max-width: 560px) {
  main, header, footer, nav { padding-left: 12px; padding-right: 12px; }
  section { padding: 14px 12px 10px; }
  h1 { font-size: 23px; }
  #table td:last-child { min-width: 60ch; }
}
@media print {
  @page { size: A4; margin: 15mm; }
  :root { """
    + _LIGHT
    + """ --paper: #ffffff; color-scheme: light; }
  body { font-size: 10pt; }
  main, header, footer { max-width: none; padding: 0; }
  nav { display: none; }
  section { border: none; border-top: 1px solid var(--line); border-radius: 0; padding: 10px 0 0;
    margin: 10px 0; }
  h2, h3 { break-after: avoid; }
  tr, li, .cards { break-inside: avoid; }
  section:not(#table, #responses, #training) { break-inside: avoid; }
  thead, caption, .about { break-after: avoid; }
  tbody tr:first-child { break-before: avoid; }
  .figures { grid-template-columns: 1fr 1fr; gap: 4px 16px; }
  .scroll, .drawing { overflow: visible; }
  .wide .drawing svg { min-width: 0; width: 100%; }
  table, caption, figcaption { font-size: 8.5pt; }
  #table td:last-child, #table tbody th { min-width: 0; }
  th, td { padding-right: 8px; overflow-wrap: anywhere; }
  a { color: inherit; text-decoration: none; }
}
"""
)

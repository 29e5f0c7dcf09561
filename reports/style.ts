/** The page's one style sheet; its hash stands in the page's policy. */
export const STYLE = `
:root{color-scheme:light dark;--ink:#1b1b1b;--soft:#5c5c5c;--page:#fff;--panel:#f6f7f8;--chart:#fff;--line:#d9dcdf;--grid:#e4e4e4;--good:#00694c;--bad:#a33c00;--doubt:#8a5a00}
@media(prefers-color-scheme:dark){:root{--ink:#e8e8e8;--soft:#a9adb2;--page:#16181b;--panel:#1f2226;--chart:#24282d;--line:#3a3f45;--grid:#34383d;--good:#4fd1a5;--bad:#ff9a66;--doubt:#f0c060}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;overflow-wrap:anywhere}
main,.headline,nav,footer{max-width:1180px;margin:0 auto;padding:0 20px}
h1,h2,h3{line-height:1.2}
h2{margin:44px 0 12px;padding-bottom:6px;border-bottom:2px solid var(--line);font-size:22px}
h3{margin:26px 0 8px;font-size:16px}
p{margin:8px 0;max-width:80ch}
.headline{padding-top:22px}
.brand{color:var(--soft);font-size:13px;letter-spacing:.04em;margin:0}
h1{margin:6px 0 4px;font-size:15px}
.word{display:inline-block;font-size:34px;font-weight:750;letter-spacing:.01em;padding:4px 16px;border-radius:6px;color:#fff;background:#8a5a00}
.pass .word{background:#00694c}.fail .word{background:#a33c00}
.why{font-size:18px;margin:10px 0 14px}
.facts{display:flex;flex-wrap:wrap;gap:8px 28px;margin:0 0 14px}
.facts dt{font-size:12px;color:var(--soft)}.facts dd{margin:0;font-weight:600}
.terms{margin:8px 0;font-size:14px;max-width:90ch}.terms dt{font-weight:600;margin-top:8px}.terms dd{margin:0;color:var(--soft)}
.repeat-label{margin:0;font-size:12px;color:var(--soft)}
pre{margin:4px 0;padding:10px 12px;background:var(--panel);border:1px solid var(--line);border-radius:5px;font:12.5px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;white-space:pre-wrap;max-height:420px;overflow:auto}
pre code{display:block;font:inherit}
.warning{color:var(--bad);font-weight:600}
nav ul{list-style:none;display:flex;flex-wrap:wrap;gap:4px 18px;padding:10px 0 0;margin:0;font-size:14px}
a{color:inherit;text-underline-offset:3px}
.scroll,.chart{overflow-x:auto;position:relative}
.scroll:focus-visible,.chart:focus-visible{outline:2px solid var(--soft);outline-offset:2px}
table{border-collapse:collapse;width:100%;margin:8px 0;font-size:14px}
th,td{text-align:left;vertical-align:top;padding:6px 18px 6px 0;border-bottom:1px solid var(--line);overflow-wrap:normal}
thead th{font-size:12px;font-weight:600;color:var(--soft);border-bottom:2px solid var(--line)}
tbody th{font-weight:600}
.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.prose{overflow-wrap:anywhere;min-width:14em;max-width:70ch}
.pairs th{width:14em;min-width:8em;font-weight:400;color:var(--soft)}.pairs .prose{min-width:10em}
.narrow{width:auto}
.badge{display:inline-block;white-space:nowrap;font-size:12.5px;font-weight:650;padding:1px 8px;border-radius:4px;border:1px solid currentColor;margin-right:4px}
.valid{color:var(--good)}.invalid{color:var(--bad)}.unknown,.beyond{color:var(--doubt)}.not-applicable{color:var(--soft)}
.row-not-applicable th,.row-not-applicable td{color:var(--soft)}
.note,figcaption{color:var(--soft);font-size:13px}
figcaption{max-width:100ch}
details{margin:6px 0}summary{cursor:pointer}
figure{margin:10px 0 18px}
.chart svg{display:block;width:100%;min-width:860px;height:auto}
.chart svg.true-size{width:auto;min-width:0;max-width:none}
.true-size text{paint-order:stroke;stroke:var(--chart);stroke-width:3px;stroke-linejoin:round}
.chart text{fill:var(--ink);font-family:inherit}.chart .break,.chart .time{fill:var(--soft)}.chart .violated{fill:var(--bad)}
.chart .role-axis-grid line{stroke:var(--grid)}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:2px 18px;margin:0 0 4px;padding:0;font-size:13px}
.legend li{display:flex;align-items:center;gap:6px}
.swatch{height:10px;width:auto;flex:none;margin-right:6px}.legend .swatch{margin:0}
.story{padding-left:20px;margin:8px 0}.story li{margin:3px 0;max-width:90ch}
footer{margin-top:40px;padding-bottom:30px;color:var(--soft);font-size:13px}
@media(prefers-color-scheme:dark){.chart{background:var(--chart);border-radius:4px}.chart path[stroke="#000000"]{stroke:#fff}.dot[fill="#000000"]{fill:#fff}.chart path[fill="#000000"],.swatch rect[fill="#000000"]{fill:#ccd2d8}.chart path[fill="#34495e"],.swatch rect[fill="#34495e"]{fill:#9fb4c9}.chart line[stroke="#d8d8d8"]{stroke:#40464d}.swatch line[stroke="#000000"]{stroke:#fff}}
@media(max-width:640px){.scroll table:not(.stack):not(.pairs) tbody th{position:sticky;left:0;background:var(--page);min-width:10.5em;max-width:44vw;overflow-wrap:anywhere}main,.headline,nav,footer{padding-left:14px;padding-right:14px}.why{font-size:16px}.stack thead{position:absolute;clip-path:inset(50%)}.stack tr{display:block;padding:8px 0;border-bottom:1px solid var(--line)}.stack th,.stack td{display:block;border:0;padding:2px 0;text-align:left}.stack .prose{min-width:0}.stack .number{display:inline-block;margin-right:14px;color:var(--soft);font-size:13px}.stack .number:nth-last-child(2)::before{content:"judged "}.stack .number:last-child::before{content:"violations "}}
@media print{:root{--ink:#000;--soft:#444;--page:#fff;--panel:#fff;--chart:#fff;--line:#bbb;--grid:#ddd}body{font-size:11px}nav{display:none}.chart{overflow:visible}.chart svg{min-width:0}figure,tr{break-inside:avoid}h2,h3{break-after:avoid}.scroll{overflow:visible}.word{border:2px solid #000;print-color-adjust:exact;-webkit-print-color-adjust:exact}pre{max-height:none}}
`;

// How the report looks: light, dark and on paper.

export const STYLE = `
:root{color-scheme:light dark;--paper:#f6f7f9;--card:#fff;--ink:#16202c;--soft:#5a6675;--line:#e1e5ea;--accent:#0b7285;--fill:#0b728533;--warm:#c2500a;--notice:#fff6e5;--notice-ink:#6b4200}
@media (prefers-color-scheme:dark){:root{--paper:#0f141a;--card:#171e27;--ink:#e6ebf1;--soft:#9aa7b6;--line:#2a3441;--accent:#4cc2d6;--fill:#4cc2d640;--warm:#ff9d57;--notice:#2b2416;--notice-ink:#f2d49b}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans",sans-serif;font-variant-numeric:tabular-nums;-webkit-text-size-adjust:100%}
main{max-width:1060px;margin:0 auto;padding:32px 24px 48px}
h1{font-size:1.7rem;line-height:1.2;margin:0 0 4px;letter-spacing:-.01em}
h2{font-size:1.15rem;margin:40px 0 12px}
h3{font-size:.95rem;margin:0 0 2px}
.after{margin:12px 0 0}
p{margin:0 0 8px}
.soft,figcaption{color:var(--soft);font-size:.86rem}
.notice{background:var(--notice);color:var(--notice-ink);border-radius:8px;padding:9px 14px;margin:16px 0;font-size:.9rem}
.card,figure{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:16px;margin:0}
.tiles{display:grid;grid-template-columns:repeat(3,minmax(0,1fr));gap:12px}
.tile{display:flex;flex-direction:column;justify-content:space-between;padding:12px 16px}
.tile b{display:block;font-size:1.75rem;line-height:1.2;font-weight:600;letter-spacing:-.02em}
.tile span{color:var(--soft);font-size:.84rem}
.plots{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:16px}
dl{display:grid;grid-template-columns:max-content 1fr;gap:2px 16px;margin:12px 0 0;font-size:.88rem}
dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
table{border-collapse:collapse;width:100%;font-size:.9rem}
th,td{text-align:right;padding:6px 10px;border-bottom:1px solid var(--line);white-space:nowrap}
th:first-child,td:first-child{text-align:left;padding-left:0}
th:last-child,td:last-child{padding-right:0}
.pairs th,.pairs td{white-space:normal}
figcaption{min-height:3em}
thead th{color:var(--soft);font-weight:500}
tbody th{font-weight:500;white-space:normal}
tbody tr:last-child>*{border-bottom:0}
.wide{overflow-x:auto}
svg{display:block;width:100%;height:auto;margin-top:8px;font-family:inherit}
.grid{stroke:var(--line)}.axis{stroke:var(--soft)}
.tick,.name,.mark{fill:var(--soft);font-size:11.5px}
.name{fill:var(--ink)}
.bar{fill:var(--accent)}.band{fill:var(--warm);opacity:.16}.mean{stroke:var(--warm);stroke-width:2}
.line{fill:none;stroke:var(--accent);stroke-width:2.2;stroke-linejoin:round}
.reference{fill:none;stroke:var(--soft);stroke-width:1.2;stroke-dasharray:4 4}
.point{fill:var(--accent);stroke:var(--card)}
.dot{fill:var(--fill);stroke:var(--accent)}
.cases{display:grid;grid-template-columns:minmax(0,1fr);gap:16px}
.case{break-inside:avoid}
.case header{display:flex;gap:4px 16px;justify-content:space-between;flex-wrap:wrap;align-items:baseline;margin-bottom:10px}
.case h3{overflow-wrap:anywhere}
.case q{color:var(--soft);font-size:.9rem;flex-basis:100%;order:3}
.images{display:grid;grid-template-columns:repeat(4,minmax(0,1fr));gap:10px}
.images div{font-size:.8rem;color:var(--soft)}
.images img{display:block;width:100%;height:auto;border-radius:5px;margin-bottom:3px}
.key{display:inline-block;width:.75em;height:.75em;border-radius:2px;margin:0 .3em 0 .8em}
.found{background:#00d2be}.missed{background:#ffe200}.wrong{background:#ff3cc8}
details summary{cursor:pointer;color:var(--accent);font-size:.95rem}
details[open] summary{margin-bottom:12px}
footer{margin-top:40px;border-top:1px solid var(--line);padding-top:12px}
@media (max-width:720px){main{padding:20px 14px 32px}.plots{grid-template-columns:minmax(0,1fr)}.images{grid-template-columns:repeat(2,minmax(0,1fr))}.tile{padding:12px 13px}.tile b{font-size:1.45rem}.tile span{font-size:.76rem}.tiles{grid-template-columns:repeat(2,minmax(0,1fr))}dl{grid-template-columns:1fr}dd{margin-bottom:6px}th,td{padding:5px 6px}table{font-size:.82rem}figcaption{min-height:0}}
@media print{:root{color-scheme:light;--paper:#fff;--card:#fff;--ink:#000;--soft:#444;--line:#ccc;--accent:#0b7285;--fill:#0b728533;--warm:#c2500a;--notice:#fff;--notice-ink:#000}main{max-width:none;padding:0}body{font-size:11pt}figure,.card,tr{break-inside:avoid}.notice{border:1px solid #ccc}details{display:none}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
`;

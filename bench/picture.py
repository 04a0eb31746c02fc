"""The results as one SVG: a bar per row, as a share of its goal; what is missed is shown as missed."""

from html import escape

ROW, LEFT, SCALE, WIDTH = 26, 420, 260, 960
COLOURS = {True: "#1b7f5c", False: "#b3402a"}


def draw(results: dict) -> str:
    """An SVG of `results`; the upright line is the goal, a bar that ends before it meets an at_most goal."""
    rows = sorted(results["rows"], key=lambda row: (int(row["name"].split()[0][1:]), row["name"], row["database"]))
    height = 70 + ROW * len(rows)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" '
        'font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="12" y="22" font-size="14">{escape(results["machine"])} · {escape(results["commit"])}</text>',
        f'<text x="{LEFT + SCALE}" y="44" text-anchor="middle">goal</text>',
        f'<path d="M{LEFT + SCALE} 50V{height - 8}" stroke="#555" stroke-dasharray="3 3"/>',
    ]
    for number, row in enumerate(rows):
        y = 54 + ROW * number
        width = min(_share(row) * SCALE, WIDTH - LEFT - 170)
        sign = "≤" if row["direction"] == "at_most" else "≥"
        unit = "×" if row["limit"] else f" {row['unit']}"
        said = f"{row['value']:.2f}{unit} ({sign} {row['goal']:g}{unit}){'' if row['ok'] else ' missed'}"
        parts += [
            f'<text x="12" y="{y + 14}">{escape(row["name"])}, {escape(row["database"])}</text>',
            f'<rect x="{LEFT}" y="{y + 3}" width="{width:.1f}" height="{ROW - 10}" fill="{COLOURS[row["ok"]]}"/>',
            f'<text x="{LEFT + width + 6:.1f}" y="{y + 15}">{escape(said)}</text>',
        ]
    return "\n".join([*parts, "</svg>", ""])


def _share(row: dict) -> float:
    """The value as a share of its goal; a goal of nothing is met by nothing and missed by anything."""
    if row["goal"]:
        return row["value"] / row["goal"]
    return 1 if row["value"] == 0 else WIDTH

#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The results of the part growth as a picture: growth.py RESULT >SVG. Time and memory over files, all logarithmic."""
import json
import math
import sys

WIDTH, HEIGHT, LEFT, TOP, GAP = 330, 240, 70, 40, 110
COLOURS = ["#0b6e4f", "#1f6fb2", "#b23a48"]


def series():
    """For each command: a list of (files, row)."""
    lines = {}
    for row in json.load(open(sys.argv[1]))["tables"][0]["rows"]:
        files, command = row["name"].split(" files: ")
        lines.setdefault(command, []).append((int(files), row))
    return lines


def place(value, low, high, size):
    return (math.log10(value) - math.log10(low)) / (math.log10(high) - math.log10(low)) * size


def text(x, y, words, anchor="middle", more=""):
    print(f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{more}>{words}</text>')


def ticks(low, high):
    return [10.0**n for n in range(round(math.log10(low)), round(math.log10(high)) + 1)]


def short(value):
    if value >= 1:
        return f"{value:,.0f}"
    return f"{value:g}"


def panel(left, title, lines, low, high):
    files = [n for points in lines.values() for n, _ in points]
    text(left + WIDTH / 2, TOP - 14, title, more=' font-weight="bold"')
    for tick in ticks(low, high):
        y = TOP + HEIGHT - place(tick, low, high, HEIGHT)
        print(f'<path d="M{left} {y:.1f}h{WIDTH}" stroke="#ddd"/>')
        text(left - 6, y + 4, short(tick), "end")
    for tick in sorted(set(files)):
        x = left + place(tick, min(files), max(files), WIDTH)
        print(f'<path d="M{x:.1f} {TOP}v{HEIGHT}" stroke="#ddd"/>')
        text(x, TOP + HEIGHT + 18, short(tick))
    text(left + WIDTH / 2, TOP + HEIGHT + 38, "files")
    for colour, points in zip(COLOURS, lines.values()):
        at = [
            (left + place(n, min(files), max(files), WIDTH), TOP + HEIGHT - place(value, low, high, HEIGHT))
            for n, value in points
        ]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in at)
        print(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        for x, y in at:
            print(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>')


def legend(lines):
    for number, (colour, name) in enumerate(zip(COLOURS, lines)):
        x = LEFT + number * 190
        y = TOP + HEIGHT + 62
        print(f'<path d="M{x} {y}h24" stroke="{colour}" stroke-width="3"/>')
        text(x + 32, y + 4, name, "start")


def bounds(values):
    """The powers of ten around them."""
    low, high = (math.log10(value) for value in (min(values), max(values)))
    return 10 ** math.floor(low), 10 ** max(math.ceil(high), math.floor(low) + 1)


def main():
    lines = series()
    seconds = {c: [(n, r["seconds"]) for n, r in rows] for c, rows in lines.items()}
    memory = {c: [(n, r["peak_kib"] / 1024) for n, r in rows] for c, rows in lines.items()}
    width, height = LEFT + 2 * WIDTH + GAP + 50, TOP + HEIGHT + 80
    print(f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"')
    print(f' viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">')
    print(f'<rect width="{width}" height="{height}" fill="white"/>')
    for number, (title, data) in enumerate((("seconds", seconds), ("peak memory, MiB", memory))):
        values = [value for points in data.values() for _, value in points]
        panel(LEFT + number * (WIDTH + GAP), title, data, *bounds(values))
    legend(lines)
    print("</svg>")


main()

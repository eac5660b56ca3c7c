"""`keras-gans presets`: what there is to train."""

import json


def add(command):
    """Adds the command."""
    parser = command("Lists the presets, or shows one.", "stylegan2_emoji_32")
    parser.add_argument("name", nargs="?", help="show this preset alone, with all its fields")
    parser.add_argument("--model", help="list those of one model, such as stylegan2")
    parser.add_argument("--json", action="store_true", help="print JSON, with all fields")


def run(options):
    """Prints a table, or what was asked for."""
    from keras_gans import presets

    if options.model is not None and options.model not in presets.models():
        raise ValueError(f"There is no model '{options.model}'. Models: {', '.join(presets.models())}")
    names = [options.name] if options.name else presets.names(options.model)
    chosen = [presets.get(name) for name in names]
    if options.json:
        configs = [preset.to_config() for preset in chosen]
        print(json.dumps(configs[0] if options.name else configs, indent=2))
    elif options.name:
        print(chosen[0])
    else:
        print(table(chosen))


def table(chosen):
    """Returns presets as the rows of a table: name, paper, parameters of all networks, data, scores."""
    rows = [("preset", "paper", "parameters", "data", "scores (the paper's)")]
    for preset in chosen:
        total = sum(preset.parameters.values())
        rows.append(
            (
                preset.name,
                preset.paper.rpartition("/")[2],
                f"{total / 1e6:.1f} M",
                preset.data.spec or "yours",
                ", ".join(str(score) for score in preset.scores) or "-",
            )
        )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    widths[-1] = 0
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )

#!/usr/bin/env python3
"""Runs Millrace and its peers in turn on the same files and writes one Markdown table.

The peers' programs are given as paths; nothing of theirs is part of this repository. Each round runs every
contender once, one after the other, so that a slow minute meets all of them; figures are medians over the rounds.

  bench/compare/compare.py --model 1b-q4_0.gguf --llama-bench llama.cpp=/path/llama-bench \
      --llama-bench "ik repacked=/other/llama-bench -rtr 1" --llama3-java /path/llama3.jar --rounds 3 --out table.md

A run beside which other processes took more than a tenth of a core tells nothing; it is thrown away and made again.
Rounds may be spread over several calls: with --keep runs.json --seconds 150 each call goes on where the last one
stopped, and writes the table of all. A peer that fails is left out of its row; its last words stand below the table.
"""

import argparse
import contextlib
import datetime
import json
import os
import platform
import re
import resource
import shlex
import statistics
import subprocess
import sys
import tempfile
import time

HOME = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
RUN_SECONDS_MAX = 900
OTHERS_CORES_MAX = 0.1
BUSY = " beside busy cores"


class Failure(Exception):
    """A contender did not deliver; its text says why."""


def run(command):
    """The command's two outputs."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=RUN_SECONDS_MAX,
                              stdin=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired) as failure:
        raise Failure(str(failure)) from failure
    if done.returncode != 0:
        words = (done.stderr.strip() or done.stdout.strip() or "nothing said").splitlines()[-1]
        raise Failure(f"{shown(command)} ended with {done.returncode}: {words[:300]}")
    return done.stdout, done.stderr


def java():
    return os.path.join(os.environ["JAVA_HOME"], "bin", "java") if "JAVA_HOME" in os.environ else "java"


def named(entry, option):
    """NAME=PROGRAM [FLAGS] as a name and a list of words."""
    name, equals, words = entry.partition("=")
    if not (name and equals and words.strip()):
        sys.exit(f"compare: {option} {entry!r} is not of the form NAME=...")
    return name, shlex.split(words)


class Millrace:
    def __init__(self, options, name, flags):
        self.options, self.name, self.flags = options, name, flags

    def command(self, model):
        o = self.options
        return [o.millrace, "bench", "--model", model, "--prompt-tokens", str(o.prompt_tokens), "--gen-tokens",
                str(o.gen_tokens), "--batch", str(o.batch), "--threads", str(o.threads), "--repeat", "1", "--json",
                *self.flags]

    def measure(self, model):
        report = json.loads(run(self.command(model))[0])
        return {"prompt": report["prompt_tokens_per_second"], "decode": report["decode_tokens_per_second"],
                "bandwidth": report["bandwidth_gb_per_s"], "bytes": report["bytes_per_token"]}


class LlamaBench:
    """llama-bench of llama.cpp or of one of its descendants, which write the same JSON."""

    def __init__(self, options, name, program):
        self.options, self.name, self.program = options, name, program

    def command(self, model):
        o = self.options
        program, *flags = self.program
        return [program, "-m", model, "-t", str(o.threads), "-p", str(o.prompt_tokens), "-n", str(o.gen_tokens),
                "-r", "1", "-o", "json", *flags]

    def measure(self, model):
        out = run(self.command(model))[0]
        # Some write their log to the same stream; the list stands on lines of its own.
        found = re.search(r"^\[\s*$.*^\]\s*$", out, re.MULTILINE | re.DOTALL)
        if not found:
            raise Failure(f"{self.name} printed no JSON list for {model}: {out[-300:]}")
        return {"prompt" if test["n_prompt"] else "decode": test["avg_ts"] for test in json.loads(found[0])}


class BatchedBench:
    """llama-batched-bench: several sequences together, which llama-bench cannot do."""

    ROW = re.compile(r"^\|\s*\d[^\n]*$", re.MULTILINE)

    def __init__(self, options, name, program):
        self.options, self.name, self.program = options, name, program

    def command(self, model):
        o = self.options
        program, *flags = self.program
        room = o.batch * (o.prompt_tokens + o.gen_tokens)
        return [program, "-m", model, "-c", str(room), "-b", "2048", "-ub", "512", "-t", str(o.threads), "-tb",
                str(o.threads), "-npp", str(o.prompt_tokens), "-ntg", str(o.gen_tokens), "-npl", str(o.batch), *flags]

    def measure(self, model):
        out, err = run(self.command(model))
        found = self.ROW.search(out) or self.ROW.search(err)
        if not found:
            raise Failure(f"{self.name} printed no row for {model}: {out[-300:]}")
        cells = [float(cell) for cell in found[0].strip("| ").split("|")]
        return {"prompt": cells[5], "decode": cells[7]}


class Jlama:
    """Reads a folder of its own, whatever file the others read: its weights are quantized by itself."""

    PROGRAM = os.path.join(HOME, "bench", "compare", "JlamaBench.java")

    def __init__(self, options, name, words):
        self.options, self.name = options, name
        self.folder, *self.flags = words

    def command(self, model):
        o = self.options
        return [java(), "--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED", *self.flags,
                "-cp", o.jlama_class_path, self.PROGRAM, self.folder, str(o.prompt_tokens), str(o.gen_tokens),
                str(o.threads)]

    def measure(self, model):
        report = json.loads(run(self.command(model))[0].strip().splitlines()[-1])
        return {"prompt": report["prompt_tokens_per_second"], "decode": report["decode_tokens_per_second"]}


class Llama3Java:
    SPEEDS = re.compile(r"prompt: ([\d.]+) tokens/s \((\d+)\) generation: ([\d.]+) tokens/s \((\d+)\)")

    def __init__(self, options, class_path):
        self.options, self.name, self.class_path = options, "llama3.java", class_path
        self.prompts = {}

    def prompt(self, model):
        """As many words as make about the wanted number of tokens in this model's vocabulary."""
        if model not in self.prompts:
            words = "water wheel " * 50
            with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
                file.write(words)
                file.flush()
                tokens = len(json.loads(run([self.options.millrace, "tokenize", "--model", model, "--text-file",
                                             file.name, "--json"])[0]))
            self.prompts[model] = "water wheel " * max(1, self.options.prompt_tokens * 50 // tokens)
        return self.prompts[model]

    def command(self, model):
        o = self.options
        # Its limit counts the prompt too; the template adds a few tokens to that.
        limit = o.prompt_tokens + o.gen_tokens + 32
        return [java(), "--enable-preview", "--add-modules=jdk.incubator.vector",
                "-Djdk.incubator.vector.VECTOR_ACCESS_OOB_CHECK=0",
                f"-Djava.util.concurrent.ForkJoinPool.common.parallelism={o.threads - 1}", "-cp", self.class_path,
                "com.llama4j.Llama3", "--model", model, "--temperature", "0", "--max-tokens", str(limit), "--prompt",
                self.prompt(model)]

    def measure(self, model):
        out, err = run(self.command(model))
        found = self.SPEEDS.search(out + err)
        if not found:
            raise Failure(f"{self.name} printed no speeds for {model}: {(out + err)[-300:]}")
        return {"prompt": float(found[1]), "decode": float(found[3])}


def machine():
    name = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            lines = file.read().splitlines()
        fields = dict(reversed([[part.strip() for part in line.split(":", 1)] for line in lines if ":" in line]))
        name = f"{fields['model name']} (family {fields['cpu family']}, model {fields['model']})"
    except (OSError, KeyError):
        pass  # Not Linux on x86: the platform's own name has to do.
    return f"{os.cpu_count()} x {name}, {platform.system()} {platform.release()}"


def commit():
    out = subprocess.run(["git", "-C", HOME, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return out.stdout.strip() or "unknown"


def shown(command):
    """The command as one line, its long prompt shortened."""
    return " ".join(part if len(part) <= 120 else f'"{part[:24]}..."' for part in command)


def median(results, contender, model, figure):
    values = [r[figure] for r in rounds_of(results, contender, model) if figure in r]
    return (statistics.median(values), min(values), max(values), len(values)) if values else None


def cell(found):
    return f"{found[0]:.1f} ({found[1]:.1f} to {found[2]:.1f}; {found[3]})" if found else "-"


def table(contenders, ways, models, results):
    """A row for each file and figure; the quotients are those of the first way of running Millrace."""
    peers = contenders[ways:]
    heads = ["file", "figure (tokens/s)", *[c.name for c in contenders], *[f"{contenders[0].name} / {c.name}" for c in peers]]
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    for model in models:
        for figure in ["prompt", "decode", "decode" + BUSY]:
            medians = [median(results, c, model, figure) for c in contenders]
            if any(medians):
                ratios = [f"{medians[0][0] / m[0]:.2f}" if m and medians[0] else "-" for m in medians[ways:]]
                row = [os.path.basename(model), figure, *map(cell, medians), *ratios]
                lines.append("| " + " | ".join(row) + " |")
    return lines


def kept(contenders, models, results):
    """What of its decode speed each keeps beside busy cores."""
    for model in models:
        shares = []
        for contender in contenders:
            alone, beside = (median(results, contender, model, "decode" + more) for more in ("", BUSY))
            if alone and beside:
                shares.append(f"{contender.name} {beside[0] / alone[0]:.0%}")
        if shares:
            yield f"{os.path.basename(model)}: beside busy cores decoding keeps " + ", ".join(shares) + "."


def floors(contenders, models, results):
    for model in models:
        for contender in contenders:
            runs = rounds_of(results, contender, model)
            if runs:
                bandwidth = statistics.median(r["bandwidth"] for r in runs)
                ratio = statistics.median(r["decode"] * r["bytes"] / r["bandwidth"] / 1e9 for r in runs)
                yield (f"{os.path.basename(model)}, {contender.name}: {runs[0]['bytes'] / 1e6:.0f} MB read a token, memory "
                       f"probed at {bandwidth:.1f} GB/s in the same runs: decoding reaches {ratio:.0%} of the floor.")


@contextlib.contextmanager
def busy(processes):
    """So many processes that never rest."""
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(processes)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def cpu_seconds():
    """What all processors did since the start, and what of it this comparison's own processes did."""
    own = resource.getrusage(resource.RUSAGE_CHILDREN), resource.getrusage(resource.RUSAGE_SELF)
    try:
        with open("/proc/stat", encoding="utf-8") as file:
            user, _, system, _, _, irq, soft_irq, steal = map(int, file.readline().split()[1:9])
    except OSError:
        return 0, 0  # Not Linux: nobody can tell.
    # Not the time of processes that are nice: they step back.
    ticks = user + system + irq + soft_irq + steal
    return ticks / os.sysconf("SC_CLK_TCK"), sum(usage.ru_utime + usage.ru_stime for usage in own)


def measured(contender, model, processes):
    """One round's figures, those beside busy cores among them where asked for, and the cores that others took."""
    start, (all_before, own_before) = time.monotonic(), cpu_seconds()
    figures = contender.measure(model)
    if processes:
        with busy(processes):
            figures["decode" + BUSY] = contender.measure(model)["decode"]
    all_after, own_after = cpu_seconds()
    taken = (all_after - all_before) - (own_after - own_before)
    return figures | {"others": round(max(0, taken) / (time.monotonic() - start), 3)}


def rounds(options, contenders, ways, results, failures):
    """Always the first of those with the fewest rounds so far, until all have enough or the time is over."""
    pairs = [(contender, model) for model in options.model for contender in contenders]
    end = time.monotonic() + options.seconds
    while pairs and time.monotonic() < end:
        contender, model = min(pairs, key=lambda pair: len(rounds_of(results, *pair)))
        done = rounds_of(results, contender, model)
        if len(done) >= options.rounds:
            return
        print(f"round {len(done) + 1} of {options.rounds}: {contender.name}, {os.path.basename(model)}", file=sys.stderr)
        try:
            figures = measured(contender, model, options.busy)
            if figures["others"] > options.others:
                print(f"thrown away: others took {figures['others']:.2f} cores meanwhile", file=sys.stderr)
                continue
            done.append(figures | {"commit": commit()})
            keep(options, results)
        except Failure as failure:
            if contender in contenders[:ways]:
                sys.exit(f"compare: {failure}")
            failures[contender.name, model] = str(failure)
            pairs.remove((contender, model))


def rounds_of(results, contender, model):
    return results.setdefault(contender.name, {}).setdefault(os.path.basename(model), [])


def keep(options, results):
    if options.keep:
        with open(options.keep, "w", encoding="utf-8") as file:
            json.dump(results, file, indent=1)


def earlier(options):
    if options.keep and os.path.exists(options.keep):
        with open(options.keep, encoding="utf-8") as file:
            return json.load(file)
    return {}


def contenders_of(options):
    ways = [entry.split("=", 1) for entry in options.millrace_flags] or [["Millrace", ""]]
    contenders = [Millrace(options, name, flags.split()) for name, flags in ways]
    if options.batch == 1:
        contenders += [LlamaBench(options, *named(entry, "--llama-bench")) for entry in options.llama_bench]
        contenders += [Jlama(options, *named(entry, "--jlama")) for entry in options.jlama]
        if options.llama3_java:
            contenders.append(Llama3Java(options, options.llama3_java))
    else:
        contenders += [BatchedBench(options, *named(entry, "--batched-bench")) for entry in options.batched_bench]
    names = [contender.name for contender in contenders]
    if len(set(names)) < len(names):
        sys.exit(f"compare: two contenders have the same name: {', '.join(names)}")
    return contenders, len(ways)


def parsed():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", action="append", required=True, help="a GGUF file; may be repeated")
    parser.add_argument("--millrace", default=os.path.join(HOME, "millrace"), help="the command (default: this tree's)")
    parser.add_argument("--millrace-flags", action="append", default=[], metavar="NAME=FLAGS",
                        help="run Millrace with these flags, under this name; may be repeated")
    parser.add_argument("--llama-bench", action="append", default=[], metavar="NAME=PROGRAM [FLAGS]",
                        help="a peer of llama.cpp's kind; may be repeated")
    parser.add_argument("--batched-bench", action="append", default=[], metavar="NAME=PROGRAM [FLAGS]",
                        help="the peer where --batch is more than 1: its llama-batched-bench; may be repeated")
    parser.add_argument("--llama3-java", metavar="CLASSPATH", help="its jar, or the folder of its classes")
    parser.add_argument("--jlama", action="append", default=[], metavar="NAME=FOLDER [JAVA FLAGS]",
                        help="Jlama on a folder that JlamaBench.java quantized; may be repeated")
    parser.add_argument("--jlama-class-path", default="", metavar="CLASSPATH", help="Jlama's jars and what they need")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--prompt-tokens", type=int, default=512)
    parser.add_argument("--gen-tokens", type=int, default=32)
    parser.add_argument("--batch", type=int, default=1, help="sequences that run together (default: 1)")
    parser.add_argument("--busy", type=int, default=0, metavar="N",
                        help="measure decoding once more beside N processes that never rest")
    parser.add_argument("--others", type=float, default=OTHERS_CORES_MAX, metavar="CORES",
                        help="throw a run away beside which other processes took more (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds in all, those kept included (default: 3)")
    parser.add_argument("--seconds", type=float, default=7200, help="start no further run after so many (default: 7200)")
    parser.add_argument("--keep", metavar="JSON", help="add to the rounds in this file, and tabulate all of them")
    parser.add_argument("--out", help="where to write the table (default: print it)")
    return parser.parse_args()


def main():
    options = parsed()
    contenders, ways = contenders_of(options)
    results, failures = earlier(options), {}
    rounds(options, contenders, ways, results, failures)
    lines = [f"Machine: {machine()}. {datetime.date.today()}, commit {commit()}. {options.threads} threads, "
             f"{options.batch} x {options.prompt_tokens} prompt and {options.gen_tokens} generated tokens; medians of "
             "rounds in turn, with the least, the most and the number of rounds.", ""]
    lines += table(contenders, ways, options.model, results) + [""]
    lines += kept(contenders, options.model, results)
    lines += floors(contenders[:ways], options.model, results)
    lines += [f"{name} on {os.path.basename(model)} failed: {words}" for (name, model), words in failures.items()]
    lines += ["", "```sh"] + [shown(c.command(options.model[0])) for c in contenders] + ["```", ""]
    text = "\n".join(lines)
    if options.out:
        with open(options.out, "w", encoding="utf-8") as file:
            file.write(text)
    else:
        print(text)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Runs Millrace and its peers in turn on the same files and writes one Markdown table.

The peers' programs are given as paths; nothing of theirs is part of this repository. Each round runs every
contender once, one after the other, so that a slow minute meets all of them; figures are medians over the rounds.

  bench/compare/compare.py --model 1b-q4_0.gguf --llama-bench ik=/path/llama-bench \
      --llama-bench "ik repacked=/path/llama-bench -rtr 1" --llama3-java /path/llama3.jar --rounds 3 --out table.md
"""

import argparse
import datetime
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile

HOME = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FIGURES = ["prompt", "decode"]


def run(command):
    """The command's two outputs; ends the comparison where it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"compare: {' '.join(command)} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    return done.stdout, done.stderr


class Millrace:
    def __init__(self, options, name, flags):
        self.options, self.name, self.flags = options, name, flags

    def command(self, model):
        o = self.options
        return [o.millrace, "bench", "--model", model, "--prompt-tokens", str(o.prompt_tokens), "--gen-tokens",
                str(o.gen_tokens), "--threads", str(o.threads), "--repeat", "1", "--json", *self.flags]

    def measure(self, model):
        report = json.loads(run(self.command(model))[0])
        return {"prompt": report["prompt_tokens_per_second"], "decode": report["decode_tokens_per_second"],
                "bandwidth": report["bandwidth_gb_per_s"], "bytes": report["bytes_per_token"]}


class LlamaBench:
    def __init__(self, options, name, program):
        self.options, self.name = options, name
        self.program, *self.flags = program.split()

    def command(self, model):
        o = self.options
        return [self.program, "-m", model, "-t", str(o.threads), "-p", str(o.prompt_tokens), "-n", str(o.gen_tokens),
                "-r", "1", "-o", "json", *self.flags]

    def measure(self, model):
        out = run(self.command(model))[0]
        tests = json.loads(out[out.index("["):out.rindex("]") + 1])
        return {"prompt" if test["n_prompt"] else "decode": test["avg_ts"] for test in tests}


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
        java = os.path.join(os.environ.get("JAVA_HOME", ""), "bin", "java") if "JAVA_HOME" in os.environ else "java"
        # Its limit counts the prompt too; the template adds a few tokens to that.
        limit = o.prompt_tokens + o.gen_tokens + 32
        return [java, "--enable-preview", "--add-modules=jdk.incubator.vector",
                "-Djdk.incubator.vector.VECTOR_ACCESS_OOB_CHECK=0",
                f"-Djava.util.concurrent.ForkJoinPool.common.parallelism={o.threads - 1}", "-cp", self.class_path,
                "com.llama4j.Llama3", "--model", model, "--temperature", "0", "--max-tokens", str(limit), "--prompt",
                self.prompt(model)]

    def measure(self, model):
        out, err = run(self.command(model))
        found = self.SPEEDS.search(out + err)
        if not found:
            sys.exit(f"compare: {self.name} printed no speeds for {model}:\n{(out + err)[-500:]}")
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


def table(contenders, models, results):
    first = contenders[0].name
    lines = ["| file | figure (tokens/s) | " + " | ".join(c.name for c in contenders) + " | "
             + " | ".join(f"{first} / {c.name}" for c in contenders[1:]) + " |",
             "|" + "---|" * (2 + len(contenders) * 2 - 1)]
    for model in models:
        for figure in FIGURES:
            medians = [statistics.median(r[figure] for r in results[c.name, model]) for c in contenders]
            spread = [f"{m:.1f} ({min(r[figure] for r in results[c.name, model]):.1f} to "
                      f"{max(r[figure] for r in results[c.name, model]):.1f})" for c, m in zip(contenders, medians)]
            ratios = [f"{medians[0] / m:.2f}" for m in medians[1:]]
            lines.append("| " + " | ".join([os.path.basename(model), figure, *spread, *ratios]) + " |")
    return lines


def floors(contender, models, results):
    for model in models:
        runs = results[contender.name, model]
        bandwidth = statistics.median(r["bandwidth"] for r in runs)
        ratio = statistics.median(r["decode"] * r["bytes"] / r["bandwidth"] / 1e9 for r in runs)
        yield (f"{os.path.basename(model)}: {runs[0]['bytes'] / 1e6:.0f} MB read a token, memory probed at "
               f"{bandwidth:.1f} GB/s in the same runs: decoding reaches {ratio:.0%} of the floor.")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", action="append", required=True, help="a GGUF file; may be repeated")
    parser.add_argument("--millrace", default=os.path.join(HOME, "millrace"), help="the command (default: this tree's)")
    parser.add_argument("--millrace-flags", action="append", default=[], metavar="NAME=FLAGS",
                        help="run Millrace with these flags, under this name; may be repeated")
    parser.add_argument("--llama-bench", action="append", default=[], metavar="NAME=PROGRAM [FLAGS]")
    parser.add_argument("--llama3-java", metavar="CLASSPATH", help="its jar, or the folder of its classes")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--prompt-tokens", type=int, default=512)
    parser.add_argument("--gen-tokens", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", help="where to write the table (default: print it)")
    options = parser.parse_args()
    ways = [entry.split("=", 1) for entry in options.millrace_flags] or [["Millrace", ""]]
    contenders = [Millrace(options, name, flags.split()) for name, flags in ways]
    contenders += [LlamaBench(options, *entry.split("=", 1)) for entry in options.llama_bench]
    if options.llama3_java:
        contenders.append(Llama3Java(options, options.llama3_java))
    results = {(c.name, model): [] for c in contenders for model in options.model}
    for round_ in range(options.rounds):
        for model in options.model:
            for contender in contenders:
                print(f"round {round_ + 1} of {options.rounds}: {contender.name}, {os.path.basename(model)}",
                      file=sys.stderr)
                results[contender.name, model].append(contender.measure(model))
    lines = [f"Machine: {machine()}. {datetime.date.today()}, commit {commit()}. {options.threads} threads, "
             f"{options.prompt_tokens} prompt and {options.gen_tokens} generated tokens, {options.rounds} rounds "
             "in turn; medians, with the least and the most.", ""]
    lines += table(contenders, options.model, results) + [""]
    lines += floors(contenders[0], options.model, results)
    lines += ["", "```sh"] + [shown(c.command(options.model[0])) for c in contenders] + ["```", ""]
    text = "\n".join(lines)
    if options.out:
        with open(options.out, "w", encoding="utf-8") as file:
            file.write(text)
    else:
        print(text)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Measures the cost of building a program that places one call, with this crate and with others, in one run on one machine.

Usage: benches/programs.py [--release] [--rounds N] [ROW ...]

Needs crates.io once, some 3 GB of disk for each row, and a machine that does nothing else. The rows are built in turn, so that a slow
minute of the machine is not all on one of them. The target directories are in target/programs-bench, and are removed at the end.
"""

import argparse
import os
import pathlib
import resource
import shutil
import statistics
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
WORK = ROOT / "target" / "programs-bench"

RUNTIME = 'tokio = { version = "1", features = ["macros", "rt"] }'

OURS = """
use vapi::types::{CreateCallDto, CreateCustomerDto};

#[tokio::main(flavor = "current_thread")]
async fn main() -> vapi::Result<()> {
    let vapi = vapi::Client::from_env()?;
    let customer = CreateCustomerDto::new().number("+15555550123");
    let call = CreateCallDto::new().assistant_id("an-assistant").phone_number_id("a-line").customer(customer);
    println!("{:?}", vapi.calls().create(call).await?);
    Ok(())
}
"""

THEIRS = """
use vapi_client::apis::{calls_api, configuration::Configuration};
use vapi_client::models::{CreateCallDto, CreateCustomerDto};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut configuration = Configuration::new();
    configuration.bearer_access_token = Some(std::env::var("VAPI_API_KEY")?);
    let mut customer = CreateCustomerDto::new();
    customer.number = Some("+15555550123".to_owned());
    let mut call = CreateCallDto::new();
    call.assistant_id = Some("an-assistant".to_owned());
    call.phone_number_id = Some("a-line".to_owned());
    call.customer = Some(customer);
    println!("{:?}", calls_api::call_controller_create(&configuration, call).await?);
    Ok(())
}
"""

PLAIN = """
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let body = json!({"assistantId": "an-assistant", "phoneNumberId": "a-line", "customer": {"number": "+15555550123"}});
    let request = reqwest::Client::new().post("https://api.vapi.ai/call").bearer_auth(std::env::var("VAPI_API_KEY")?);
    let call: Value = request.json(&body).send().await?.json().await?;
    println!("{call:?}");
    Ok(())
}
"""

UNTOUCHED = """
use unrewritten::{Client, types};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let vapi = Client::new("https://api.vapi.ai");
    let customer = types::CreateCustomerDto::builder().number("+15555550123".to_owned());
    let call = types::CreateCallDto::builder()
        .assistant_id("an-assistant".to_owned())
        .phone_number_id("a-line".to_owned())
        .customer(types::CreateCustomerDto::try_from(customer)?);
    println!("{:?}", vapi.call_controller_create().body(call).send().await?.into_inner());
    Ok(())
}
"""

RING = 'rustls = { version = "0.23", default-features = false, features = ["ring", "std", "tls12"] }'
REQWEST = 'reqwest = {{ version = "0.13", default-features = false, features = [{}"rustls-no-provider"] }}'

# Cargo compiles a crate from a registry without incremental files, and one from a path with them. Ours are compared as published.
AS_PUBLISHED = """
[profile.dev.package."*"]
incremental = false
"""

# The name of the row, its dependencies, its main.rs, and the crate whose rlib is weighed.
ROWS = {
    "reqwest and serde_json, same TLS": ([REQWEST.format('"json", '), RING, 'serde_json = "1"'], PLAIN, None),
    "vapi": ([f'vapi = {{ path = "{ROOT}" }}'], OURS, "vapi"),
    "vapi, calls alone": (
        [f'vapi = {{ path = "{ROOT}", default-features = false, features = ["calls", "gzip", "rustls-tls"] }}'],
        OURS,
        "vapi",
    ),
    "vapi, calls and files": (
        [f'vapi = {{ path = "{ROOT}", default-features = false, features = ["calls", "files", "gzip", "rustls-tls"] }}'],
        OURS,
        "vapi",
    ),
    "vapi, all features": (None, OURS, "vapi"),
    "vapi-client 0.4.2": (['vapi-client = "=0.4.2"'], THEIRS, "vapi_client"),
    "progenitor's own output": (
        ['unrewritten = { path = "../unrewritten" }', REQWEST.format(""), RING],
        UNTOUCHED,
        "unrewritten",
    ),
}


def all_features():
    import tomllib

    features = tomllib.loads((ROOT / "Cargo.toml").read_text())["features"]
    names = ", ".join(f'"{name}"' for name in features if name != "default")
    return [f'vapi = {{ path = "{ROOT}", features = [{names}] }}']


def write_unrewritten():
    """Writes progenitor's own output for the document, only repaired, as a crate."""
    crate = WORK / "unrewritten"
    (crate / "src").mkdir(parents=True, exist_ok=True)
    run = ["cargo", "run", "--quiet", "--package", "vapi-codegen", "--no-default-features", "--features", "generate"]
    run += ["--example", "unrewritten", "--", ROOT / "spec/openapi.json", crate / "src/lib.rs"]
    subprocess.run(run, check=True, cwd=ROOT)
    shutil.copy(ROOT / "benches/unrewritten.toml", crate / "Cargo.toml")


class Program:
    def __init__(self, row):
        dependencies, main, self.rlib = ROWS[row]
        self.directory = WORK / "".join(c if c.isalnum() else "-" for c in row)
        self.main = self.directory / "src" / "main.rs"
        self.main.parent.mkdir(parents=True, exist_ok=True)
        self.main.write_text(main)
        dependencies = "\n".join((dependencies or all_features()) + [RUNTIME])
        manifest = f'[package]\nname = "program"\nversion = "0.0.0"\nedition = "2024"\n\n[workspace]\n\n[dependencies]\n{dependencies}\n{AS_PUBLISHED}'
        (self.directory / "Cargo.toml").write_text(manifest)
        subprocess.run(["cargo", "fetch", "--quiet"], check=True, cwd=self.directory)
        self.measured = {}

    def build(self, name, *arguments):
        """Builds the program in a process of its own, whose children's use of the machine is known then."""
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            began = time.monotonic()
            command = ["cargo", "build", "--quiet", "--offline", *arguments]
            environment = {**os.environ, "CARGO_TARGET_DIR": str(self.directory / "target")}
            status = subprocess.run(command, cwd=self.directory, env=environment).returncode
            used = resource.getrusage(resource.RUSAGE_CHILDREN)
            figures = (time.monotonic() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
            os.write(writer, " ".join(map(str, figures)).encode())
            os._exit(status)
        os.close(writer)
        figures = os.read(reader, 1000).decode()
        os.close(reader)
        _, status = os.waitpid(child, 0)
        if status != 0:
            raise SystemExit(f"{self.directory} does not build")
        wall, cpu, peak = map(float, figures.split())
        self.measured.setdefault(name, []).append((wall, cpu, peak))

    def touch(self):
        self.main.write_text(self.main.read_text() + "// touched\n")

    def sizes(self, profile):
        """Returns the sizes of the rlib and of the stripped program, in MB."""
        built = self.directory / "target" / profile
        rlibs = sorted(built.glob(f"deps/lib{self.rlib}-*.rlib")) if self.rlib else []
        stripped = self.directory / "stripped"
        subprocess.run(["strip", "-o", stripped, built / "program"], check=True)
        return (rlibs[0].stat().st_size / 1e6 if rlibs else None, stripped.stat().st_size / 1e6)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--release", action="store_true", help="measure release builds too")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"one of: {'; '.join(ROWS)}")
    arguments = parser.parse_args()
    unknown = [row for row in arguments.rows if row not in ROWS]
    if unknown:
        parser.error(f"no such row: {unknown[0]}")
    rows = arguments.rows or list(ROWS)
    WORK.mkdir(parents=True, exist_ok=True)
    if "progenitor's own output" in rows:
        write_unrewritten()
    programs = {row: Program(row) for row in rows}

    profiles = ["debug", "release"] if arguments.release else ["debug"]
    sizes = {}
    for profile in profiles:
        options = ["--release"] if profile == "release" else []
        for _ in range(arguments.rounds):
            for row, program in programs.items():
                shutil.rmtree(program.directory / "target", ignore_errors=True)
                program.build(f"{profile} cold", *options)
                program.touch()
                program.build(f"{profile} rebuild", *options)
                sizes[row, profile] = program.sizes(profile)
                shutil.rmtree(program.directory / "target", ignore_errors=True)

    for profile in profiles:
        print(f"\n| {profile} build | cold, wall | cold, CPU | peak of a rustc | rebuild, wall | rebuild, CPU | rlib | stripped program |")
        print("| --- | --- | --- | --- | --- | --- | --- | --- |")
        for row, program in programs.items():
            cold, rebuild = (
                [statistics.median(column) for column in zip(*program.measured[f"{profile} {what}"])]
                for what in ("cold", "rebuild")
            )
            rlib, stripped = sizes[row, profile]
            rlib = f"{rlib:.0f} MB" if rlib else ""
            print(
                f"| {row} | {cold[0]:.0f} s | {cold[1]:.0f} s | {cold[2]:.0f} MB | {rebuild[0]:.1f} s | {rebuild[1]:.1f} s "
                f"| {rlib} | {stripped:.1f} MB |"
            )
    shutil.rmtree(WORK)


if __name__ == "__main__":
    main()

//! The binary `dectgate`.

use std::process::ExitCode;

fn main() -> ExitCode {
    dectgate::cli::main(std::env::args().collect())
}

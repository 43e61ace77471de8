//! Parses arguments, calls the library, prints the error.

use std::process::ExitCode;

use fluxdeck::cli::{self, Cli};

fn main() -> ExitCode {
    // kube and everything else use this one provider
    let _ = rustls::crypto::ring::default_provider().install_default();
    if let Some(code) = cli::complete() {
        return ExitCode::from(code);
    }
    match cli::main(Cli::parse()) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            cli::report(&error);
            ExitCode::from(error.exit_code())
        }
    }
}

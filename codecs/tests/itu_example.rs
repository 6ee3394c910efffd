//! The command `itu` says by its exit code whether it did what it was asked, and writes nothing when it did not.
#![allow(clippy::disallowed_methods, reason = "a test writes and reads the files of the command")]

use std::path::Path;

#[path = "../examples/itu.rs"]
#[allow(dead_code, unreachable_pub, reason = "its main reads the arguments of a process")]
mod itu;

/// Exit code of the command; there is no output file before it.
fn run(codec: &str, direction: &str, input: &Path, output: &Path) -> u8 {
    let _ = std::fs::remove_file(output);
    let file = |path: &Path| path.to_string_lossy().into_owned();
    let arguments = [codec.into(), direction.into(), file(input), file(output)];
    itu::command(&arguments).map_or_else(|(code, _)| code, |()| 0)
}

#[test]
fn exit_codes_tell_success_bad_files_and_bad_arguments() {
    let folder = std::env::temp_dir().join(format!("codecs-itu-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a temporary folder");
    let file = |name: &str| folder.join(name);
    let out = file("out");
    std::fs::write(file("pcm"), [1; 3200]).expect("written");
    std::fs::write(file("odd"), [1; 161]).expect("written");

    let codecs = ["g711a", "g711u", "g722", "g722-digital", "g726-16-a", "g726-40-u", "g729a", "g729ab"];
    for codec in codecs {
        assert_eq!(run(codec, "encode", &file("pcm"), &out), 0, "{codec}");
        let coded = file("coded");
        std::fs::rename(&out, &coded).expect("written");
        assert_eq!(run(codec, "decode", &coded, &out), 0, "{codec}");
        assert!(out.exists(), "{codec}");
        for bad in ["odd", "absent"] {
            assert_eq!(run(codec, "encode", &file(bad), &out), 1, "{codec} {bad}");
            assert!(!out.exists(), "{codec} {bad}");
        }
    }
    // PCM is no serial file; a frame cut short is none either.
    assert_eq!(run("g729a", "decode", &file("pcm"), &out), 1);
    assert!(!out.exists());
    let serial = std::fs::read(file("coded")).expect("the last one");
    std::fs::write(file("cut"), &serial[..serial.len() - 2]).expect("written");
    assert_eq!(run("g729a", "decode", &file("cut"), &out), 1);

    assert_eq!(run("amrwb", "encode", &file("absent"), &out), 1);
    for (codec, direction) in [
        ("g723", "encode"),
        ("g722-56", "encode"),
        ("g726-32", "encode"),
        ("g726-32-z", "decode"),
        ("g722", "both"),
    ] {
        assert_eq!(run(codec, direction, &file("absent"), &out), 2, "{codec} {direction}");
    }
    std::fs::remove_dir_all(&folder).expect("our own");
}

//! dectsim: simulated base stations, handsets and a scripted PBX; the demo.

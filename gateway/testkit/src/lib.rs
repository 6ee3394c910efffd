//! Virtual clock, seeded network, scripted PBX, simulated base stations and handsets.

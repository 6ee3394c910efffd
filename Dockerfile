# The gateway and the simulated peers in a small image.
FROM rust:1-slim-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev make && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN cargo build --release --locked --package dectgate --package testbeds

FROM debian:bookworm-slim
RUN useradd --system --home-dir /var/lib/dectgate --create-home dectgate
COPY --from=build /src/target/release/dectgate /src/target/release/dectsim /usr/local/bin/
USER dectgate
WORKDIR /var/lib/dectgate
ENTRYPOINT ["dectgate"]
CMD ["run", "-c", "/etc/dectgate/dectgate.toml"]

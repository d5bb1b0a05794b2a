# pipebench with its servers in one image, which needs no other container and no network:
#   docker build -t pipebench .
#   docker run --rm -v "$PWD:/results" pipebench --export-json result.json
# scripts/try-image.sh runs these steps, and the image, without Docker.
FROM debian:12-slim AS build
WORKDIR /src
# The scripts are copied first, so that a change in the sources does not install all packages again.
COPY scripts scripts
RUN scripts/install-deps.sh build run
COPY . .
# Builds with as many compilers as fit into memory.
RUN scripts/run.sh list && cmake --install build/release --prefix /usr/local --strip
RUN scripts/image-files.sh /image

FROM debian:12-slim
COPY --from=build /image /
# Only the packages that own shared libraries of the programs, and an init that reaps orphans.
RUN apt-get update && xargs apt-get install --yes --no-install-recommends tini < /usr/local/share/pipebench/packages \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --home-dir /results pipebench && install --directory --owner pipebench --group pipebench /results
WORKDIR /results
ENTRYPOINT ["tini", "--", "image-entry.sh"]

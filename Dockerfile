# Skald as an image, from Debian packages alone:
#   docker build -t skald .
#   docker run --rm -v "$PWD":/data skald transcribe talk.m4a
FROM debian:12 AS build
RUN apt-get update && apt-get install -y --no-install-recommends \
    g++ cmake ninja-build pkg-config libavformat-dev libavcodec-dev libswresample-dev libavutil-dev zlib1g-dev \
    libfmt-dev libspdlog-dev nlohmann-json3-dev libutf8proc-dev libcli11-dev libcurl4-openssl-dev libssl-dev \
    && rm -rf /var/lib/apt/lists/*
COPY . /source
RUN cmake -S /source -B /build -G Ninja -DCMAKE_BUILD_TYPE=Release -DSKALD_BUILD_TESTS=OFF \
    && cmake --build /build \
    && cmake --install /build --prefix /usr/local --strip

FROM debian:12-slim
RUN apt-get update && apt-get install -y --no-install-recommends \
    libavformat59 libavcodec59 libswresample4 libavutil57 zlib1g libfmt9 libspdlog1.10 libutf8proc2 libcurl4 libssl3 \
    && rm -rf /var/lib/apt/lists/* && useradd --create-home user
COPY --from=build /usr/local/bin/skald /usr/local/bin/skald
COPY --from=build /usr/local/share/skald /usr/local/share/skald
USER user
WORKDIR /data
ENTRYPOINT ["skald"]
CMD ["--help"]

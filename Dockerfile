# One image for every part; docker-compose.yml says which part a container runs.
FROM python:3.12-slim AS build
WORKDIR /src
COPY requirements.lock pyproject.toml README.md LICENSE ./
RUN python -m venv /opt/twin \
 && /opt/twin/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY twin twin
COPY dashboard dashboard
COPY assets assets
RUN /opt/twin/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.12-slim
RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/twin twin
COPY --from=build /opt/twin /opt/twin
ENV PATH=/opt/twin/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    NUMBA_CACHE_DIR=/var/lib/twin/numba \
    TWIN_DATA_DIR=/var/lib/twin
USER twin
WORKDIR /var/lib/twin
ENTRYPOINT ["twin"]
CMD ["up"]

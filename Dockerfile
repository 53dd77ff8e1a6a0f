# The desk and the command line. Dependencies are those of requirements.lock, checked by their hashes.
FROM python:3.11.13-slim-bookworm AS dependencies
COPY requirements.lock .
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --require-hashes --requirement requirements.lock

# The graph canvas is bundled here; Node comes from PyPI and stays behind in this stage.
FROM python:3.11.13-slim-bookworm AS canvas
COPY ui/components/graph_canvas /canvas/graph_canvas
WORKDIR /canvas
RUN python graph_canvas/build.py

FROM python:3.11.13-slim-bookworm
RUN groupadd --gid 10001 loantrail && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /tmp loantrail \
    && install --directory --owner=10001 --group=10001 --mode=0700 /var/lib/loantrail
COPY --from=dependencies /venv /venv
COPY . /app
COPY --from=canvas /canvas/graph_canvas/dist /app/ui/components/graph_canvas/dist
WORKDIR /app
# The root file system is read-only: whatever a library wants to keep goes to /tmp.
ENV PATH=/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PYTHONPATH=/app \
    HOME=/tmp \
    NUMBA_CACHE_DIR=/tmp/numba
USER 10001:10001
EXPOSE 8501
ENTRYPOINT ["python", "-m", "cli"]
CMD ["serve"]

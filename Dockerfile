# The runtime holds Python, the wheels of requirements.txt and the project; it runs as an ordinary user.
FROM python:3.12-slim AS wheels
WORKDIR /wheels
COPY requirements.txt .
RUN pip wheel --no-cache-dir --no-deps --require-hashes --wheel-dir /wheels -r requirements.txt

FROM python:3.12-slim
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
RUN useradd --system --uid 10001 --home-dir /app --shell /usr/sbin/nologin houtai
WORKDIR /app
RUN --mount=type=bind,from=wheels,source=/wheels,target=/wheels \
    pip install --no-cache-dir --no-index --no-deps /wheels/*.whl
COPY . .
# The values of this line are for collecting files only; the image keeps none of them.
RUN SECRET_KEY=collecting ALLOWED_HOSTS=none DATABASE_URL=postgres://none/none python manage.py collectstatic --no-input --verbosity 0 \
    && install -d -o houtai -g houtai .data .data/media
USER houtai
VOLUME /app/.data
ENV WEB_BIND=0.0.0.0:8000
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["gunicorn", "backoffice.wsgi"]

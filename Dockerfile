# Forger on the processor:
#   docker build -t forger .
#   docker run --rm --user "$(id -u)" -v "$PWD:/work" forger train
FROM python:3.12-slim

# PyTorch's own index has torch without CUDA.
RUN pip install --no-cache-dir "torch>=2.11" "torchvision>=0.26" \
    --index-url https://download.pytorch.org/whl/cpu

COPY . /forger
RUN pip install --no-cache-dir /forger

# The user of `docker run` may have neither a home nor a name.
ENV HOME=/tmp USER=forger
USER nobody
WORKDIR /work
ENTRYPOINT ["forger"]
CMD ["--help"]

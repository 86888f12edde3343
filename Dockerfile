# Forger on the processor:
#   docker build -t forger .
#   docker run --rm --user "$(id -u)" -v "$PWD:/work" forger train
# On a GPU, with torch for CUDA 13.0:
#   docker build --build-arg TORCH=cu130 -t forger:gpu .
#   docker run --rm --gpus all --user "$(id -u)" -v "$PWD:/work" forger:gpu train trainer=gpu
FROM python:3.12-slim

# A part of PyTorch's own index: cpu, cu126, cu128, cu130.
ARG TORCH=cpu
RUN pip install --no-cache-dir "torch>=2.11" "torchvision>=0.26" \
    --index-url "https://download.pytorch.org/whl/$TORCH"

COPY . /forger
RUN pip install --no-cache-dir /forger

# The user of `docker run` may have neither a home nor a name.
ENV HOME=/tmp USER=forger
USER 65534:65534
WORKDIR /work
ENTRYPOINT ["forger"]
CMD ["--help"]

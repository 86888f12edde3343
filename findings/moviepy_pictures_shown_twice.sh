#!/usr/bin/env bash
# moviepy 2.2.1, imageio-ffmpeg 0.8.1, imageio 2.38.1, numpy 2.4.6, Python 3.11.
# ImageSequenceClip of moviepy makes a video of pictures, as of the samples that a generator gave after each
# epoch: one frame for each, fps of them in a second. It looks up which picture belongs to a time, and writes
# when each begins in single precision: at many rates, 10 frames in a second among them, part of the times
# fall just before their picture, so that the one before is shown twice and the picture itself never. The
# last one, the final samples, is cut off where a sum of rounded durations falls short. No warning; 25 and 30
# are right for these 60 pictures, and get_writer of imageio is at all rates.
# Output (60 pictures; frames of the file, how many of the pictures are in it, those that are missing):
#    5 frames a second   59 frames, 45 pictures, missing 12 17 22 24 27 29 32 34 37 39 ...
#   10 frames a second   59 frames, 51 pictures, missing 24 29 34 39 44 49 54 58 59
#   12 frames a second   59 frames, 55 pictures, missing 49 52 55 58 59
#   15 frames a second   60 frames, 56 pictures, missing 37 44 52 59
#   24 frames a second   59 frames, 59 pictures, missing 59
#   25 frames a second   60 frames, 60 pictures
#   30 frames a second   60 frames, 60 pictures
#   imageio, all of these rates  60 frames, 60 pictures
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q moviepy==2.2.1 imageio-ffmpeg==0.8.1 imageio==2.38.1 numpy==2.4.6
cat > look.py <<'PY'
import imageio
import imageio_ffmpeg
import numpy as np
from moviepy import ImageSequenceClip

COUNT = 60
pictures = [np.full((32, 32, 3), 4 * number, np.uint8) for number in range(COUNT)]


def shown(name):
    """The numbers of the pictures in a video, frame by frame."""
    frames = imageio_ffmpeg.read_frames(name)
    next(frames)
    return [round(np.frombuffer(frame, np.uint8).mean() / 4) for frame in frames]


for rate in (5, 10, 12, 15, 24, 25, 30):
    clip = ImageSequenceClip(pictures, fps=rate)
    clip.write_videofile("clip.mp4", logger=None, ffmpeg_params=["-crf", "0"])
    seen = shown("clip.mp4")
    missing = [number for number in range(COUNT) if number not in seen]
    line = f"{rate:4} frames a second   {len(seen)} frames, {len(set(seen))} pictures"
    if missing:
        line += ", missing " + " ".join(map(str, missing[:10])) + (" ..." if len(missing) > 10 else "")
    print(line)
    assert bool(missing) == (rate < 25), "the behaviour has changed"
    assert rate not in (10, 12, 24) or COUNT - 1 not in seen, "the behaviour has changed"
    with imageio.get_writer("writer.mp4", fps=rate) as writer:
        for picture in pictures:
            writer.append_data(picture)
    assert shown("writer.mp4") == list(range(COUNT)), "the behaviour has changed"
print("imageio, all of these rates  60 frames, 60 pictures")
PY
environment/bin/python look.py 2> errors || { cat errors; exit 1; }

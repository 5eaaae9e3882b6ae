#!/bin/sh
# 双击，或在终端里：sh 开始.sh；后面可写命令：sh 开始.sh run sample
cd "$(dirname "$(readlink -f "$0")")" || exit 1
chmod +x python/bin/* 2>/dev/null
[ $# -gt 0 ] || set -- start
for python in python/bin/python3 python3; do
  if [ -x "$python" ] || command -v "$python" >/dev/null 2>&1; then exec "$python" jianfu.py "$@"; fi
done

# SPDX-License-Identifier: Apache-2.0
"""Kernels, images and guests behind tests/vm/vm."""

# SPDX-License-Identifier: Apache-2.0
"""What the tests in the guest share: the daemon, its endpoint, programs and their oracles."""

# SPDX-License-Identifier: Apache-2.0
"""What can happen to a file's name, each a case of the test pathtable."""

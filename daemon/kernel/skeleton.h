// SPDX-License-Identifier: Apache-2.0
#pragma once

// The generated skeleton uses the contract's types without including them.
#include "bpf/vfswatch_abi.h"
//
#include "vfswatch.skel.h"

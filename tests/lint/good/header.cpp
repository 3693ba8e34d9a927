// Sample for tools/lint: a header with light includes
// SPDX-License-Identifier: MIT
// as: src/options/sample.h

#pragma once
#include <string>
#include <vector>

#include "base/result.h"

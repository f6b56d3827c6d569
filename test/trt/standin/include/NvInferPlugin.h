// Stand-in: see NvInferRuntimeBase.h. No built-in plugin is acted.
#pragma once

#include "NvInfer.h"

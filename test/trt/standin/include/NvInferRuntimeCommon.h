// Stand-in: see NvInferRuntimeBase.h.
#pragma once

#include "NvInferPluginBase.h"

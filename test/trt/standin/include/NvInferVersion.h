// Stand-in: which TensorRT is acted, 10.14 or 11.1 (-DARHAT_STANDIN_MAJOR=10 or 11).
#pragma once

#ifndef ARHAT_STANDIN_MAJOR
#define ARHAT_STANDIN_MAJOR 11
#endif

#define NV_TENSORRT_MAJOR ARHAT_STANDIN_MAJOR
#if ARHAT_STANDIN_MAJOR == 10
#define NV_TENSORRT_MINOR 14
#elif ARHAT_STANDIN_MAJOR == 11
#define NV_TENSORRT_MINOR 1
#else
#error "the stand-in acts TensorRT 10 or 11"
#endif
#define NV_TENSORRT_PATCH 0
#define NV_TENSORRT_BUILD 0

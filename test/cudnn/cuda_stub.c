/* A libcuda.so.1 that does nothing.

   Planning for a GPU that is not there needs no driver, but cuDNN's runtime-compiled engines link to one.
   This stub lets them load: it reports no device, takes kernels for loaded, and refuses to launch any. It
   is for tests on machines without a driver only; on a machine with one it must not be on the path. */
typedef int Result;
enum { NO_DEVICE = 100 }; /* CUDA_ERROR_NO_DEVICE: the CUDA runtime reports it as such */
static int something;

#define REFUSE(name) \
  Result name(void) { return NO_DEVICE; }
#define ACCEPT(name) \
  Result name(void) { return 0; }

Result cuGetErrorString(Result error, const char** text) {
  (void)error;
  *text = "stub";
  return 0;
}
Result cuGetErrorName(Result error, const char** text) { return cuGetErrorString(error, text); }
Result cuDriverGetVersion(int* version) {
  *version = 13000;
  return 0;
}
Result cuInit(unsigned flags) {
  (void)flags;
  return NO_DEVICE;
}
Result cuDeviceGetCount(int* count) {
  *count = 0;
  return NO_DEVICE;
}
Result cuLibraryLoadData(void** library) {
  *library = &something;
  return 0;
}
Result cuLibraryGetKernel(void** kernel) {
  *kernel = &something;
  return 0;
}
Result cuKernelGetAttribute(int* value) {
  *value = 0;
  return 0;
}
Result cuKernelGetFunction(void** function) {
  *function = &something;
  return 0;
}
Result cuModuleLoadData(void** module) {
  *module = &something;
  return 0;
}
Result cuModuleGetFunction(void** function) {
  *function = &something;
  return 0;
}
ACCEPT(cuTensorMapEncodeIm2col)
ACCEPT(cuTensorMapEncodeTiled)
ACCEPT(cuModuleUnload)
ACCEPT(cuLibraryUnload)
ACCEPT(cuKernelSetAttribute)
REFUSE(cuCtxGetCurrent)
REFUSE(cuCtxGetLimit)
REFUSE(cuCtxPopCurrent)
REFUSE(cuCtxPushCurrent)
REFUSE(cuDeviceGet)
REFUSE(cuLaunchCooperativeKernel)
REFUSE(cuLaunchKernel)
REFUSE(cuLaunchKernelEx)
REFUSE(cuLibraryLoadFromFile)
REFUSE(cuLinkAddData)
REFUSE(cuLinkComplete)
REFUSE(cuLinkCreate)
REFUSE(cuLinkDestroy)
REFUSE(cuOccupancyMaxPotentialClusterSize)
REFUSE(cuStreamGetCtx)

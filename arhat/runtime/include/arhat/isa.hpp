// The instruction sets that the program was compiled for, and the choice among them.
//
// The build defines ARHAT_HAVE_<SET> for each set whose model.o is linked in.
#pragma once

#include <cstring>

#include "arhat/program.hpp"

namespace arhat {

#ifdef ARHAT_HAVE_AVX512
namespace avx512 {
const Program& program();
}
#endif
#ifdef ARHAT_HAVE_AVX2
namespace avx2 {
const Program& program();
}
#endif
#ifdef ARHAT_HAVE_BASELINE
namespace baseline {
const Program& program();
}
#endif

struct Isa {
  const char* name;
  bool (*available)();
  const Program& (*program)();
};

// Best first. The features are those of x86-64-v4 and -v3 that a compiler uses; the check includes the
// operating system's support of the registers.
inline constexpr Isa isas[] = {
#ifdef ARHAT_HAVE_AVX512
    {"avx512",
     [] {
       return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
              __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
              __builtin_cpu_supports("avx512vl");
     },
     avx512::program},
#endif
#ifdef ARHAT_HAVE_AVX2
    {"avx2",
     [] {
       return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") &&
              __builtin_cpu_supports("bmi2");
     },
     avx2::program},
#endif
#ifdef ARHAT_HAVE_BASELINE
    {"baseline", [] { return true; }, baseline::program},
#endif
};

// The set of that name, or null.
inline const Isa* find_isa(const char* name) {
  for (const Isa& isa : isas)
    if (std::strcmp(isa.name, name) == 0) return &isa;
  return nullptr;
}

// The best set that this processor has, or null.
inline const Isa* best_isa() {
  for (const Isa& isa : isas)
    if (isa.available()) return &isa;
  return nullptr;
}

}  // namespace arhat

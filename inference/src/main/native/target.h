/* TARGET("features") before functions that may use them, END_TARGET behind. */
#define TEXT(x) #x
#if defined(__clang__)
#define TARGET(features)                                                                           \
  _Pragma(TEXT(clang attribute push(__attribute__((target(features))), apply_to = function)))
#define END_TARGET _Pragma("clang attribute pop")
#else
#define TARGET(features) _Pragma("GCC push_options") _Pragma(TEXT(GCC target(features)))
#define END_TARGET _Pragma("GCC pop_options")
#endif

#pragma once

#include <cstdio>
#include <cstdlib>

// Something that cannot happen did. Aborts in development, so that a test fails; in a release it writes one line and
// goes on: one broken call is better than a broken service.
#ifdef NDEBUG
#define CLIENTELE_BUG(message) \
  (void)std::fprintf(stderr, "{\"level\":\"error\",\"bug\":\"%s\",\"at\":\"%s:%d\"}\n", message, __FILE__, __LINE__)
#else
#define CLIENTELE_BUG(message) \
  ((void)std::fprintf(stderr, "BUG: %s at %s:%d\n", message, __FILE__, __LINE__), std::abort())
#endif

// Boost.JSON, compiled here and nowhere else: no library package of it is needed.
#include <boost/json/src.hpp>

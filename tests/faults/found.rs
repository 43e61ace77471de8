//! Faults that were found on a real cluster once (`A2`, `B4` … are the report's names), each by what must hold instead.

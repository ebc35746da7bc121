"""What people take away: pages, exports, traces, charts as files; may import `quality`, `forecast`, `charts`, below."""

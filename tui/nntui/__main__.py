"""`python -m nntui` is `nntui`."""

from nntui.cli import main

raise SystemExit(main())

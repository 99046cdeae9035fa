"""Two gates: ``pseudonyms`` on the way in, ``disclosure`` on the way out.

Behind the first no raw identifier exists; through the second nothing passes that tells about a few people.
Pseudonymised data are still personal data: they may be worked with, not passed on.
"""

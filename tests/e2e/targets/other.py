# SPDX-License-Identifier: GPL-2.0-only
"""Namesakes of watched functions, in a file that no rule names."""


def nothing():
    pass


def posonly2(a):
    pass


def xposonly(a):
    pass


class Base:
    def method(self, a):
        pass

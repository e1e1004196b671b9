# SPDX-License-Identifier: Apache-2.0
"""generate - archives of chance, and bombs"""

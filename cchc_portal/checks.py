"""What the portal checks about its machine at start."""

from django.core.checks import Warning, register

from cchc_portal.lib.pdf import missing_packages


@register()
def pdf_libraries(app_configs, **kwargs):
    """Documents need system libraries; everything else works without them, hence a warning."""
    packages = missing_packages()
    if not packages:
        return []
    return [
        Warning(
            "PDF documents cannot be made: system libraries are missing.",
            hint=f"apt-get install {' '.join(packages)}",
            id="cchc_portal.W001",
        )
    ]
